// Whether a pod may start: asked of the node's agent, and where there is none, of what it left
// behind.
#ifndef GROUNDMESH_ADMISSION_H
#define GROUNDMESH_ADMISSION_H

#include <stddef.h>

#include "json.h"

#define MESSAGE_BYTES 512

enum admission {
	// The agent has done what was asked, or has nothing to do with the pod.
	ADMITTED,
	// Not now; the runtime tries again.
	LATER,
	// No agent answers.
	UNANSWERED,
};

// What the runtime asks: the plugin's own environment and standard input.
struct request {
	const char *command;
	const char *container_id;
	const char *netns;
	const char *ifname;
	const char *args;
	struct span config;
};

// Milliseconds of a clock that only goes forward.
long long now_millis(void);

// Asks the agent once. The message is set for LATER. until: of now_millis.
enum admission ask_agent(const char *socket_path, const struct request *request, long long until,
			 char message[MESSAGE_BYTES]);

enum namespace_state {
	// Nothing is written of it.
	UNKNOWN,
	// Its pods are not in the mesh.
	OUTSIDE,
	// Its pods are in the mesh.
	AMBIENT,
};

// What the agent has written of a namespace.
enum namespace_state read_namespace_state(const char *file, struct span name);

#endif
