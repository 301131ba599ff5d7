// The CNI plugin, chained after those that make a pod's network: it lets the pod go on once the
// node's agent has its traffic, and hands on the result of the plugins before it, byte for byte.
//
// Where no agent answers, pods of namespaces that are known to be outside the mesh start all the
// same, and those of excluded namespaces always do, so that the mesh cannot block its own start.
// Others are refused with an error that the runtime puts into the pod's events, and that the
// kubelet takes as a reason to try again.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admission.h"
#include "json.h"

#define CONFIG_BYTES (1024 * 1024)
#define PATH_BYTES 108
#define EXCLUDED_ALWAYS "kube-system"
#define DEFAULT_SOCKET "/run/groundmesh/cni.sock"
#define DEFAULT_NAMESPACES "/run/groundmesh/namespaces"

// How long a new pod waits for an agent that is starting or handing over, before its first event.
#define AGENT_WAIT_MILLIS 10000
#define AGENT_PAUSE_MILLIS 50
// From the beginning to the end; the kubelet itself waits for minutes.
#define ADD_MILLIS 30000
#define DEL_MILLIS 2000
#define CHECK_MILLIS 5000

// The error codes of the CNI specification.
enum code {
	INCOMPATIBLE_VERSION = 1,
	INVALID_ENVIRONMENT = 4,
	IO_FAILURE = 5,
	INVALID_CONFIG = 7,
	TRY_AGAIN_LATER = 11,
};

static const char *const VERSIONS[] = {"0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"};

static char config_bytes[CONFIG_BYTES];

struct config {
	struct span whole;
	struct span version;
	struct span previous;
	struct span excluded;
	char socket[PATH_BYTES];
	char namespaces[PATH_BYTES];
};

static void put_json_text(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			putchar(' ');
		else
			putchar(c);
	}
}

static int fail(const struct config *config, enum code code, const char *message,
		const char *details)
{
	struct span version = {"1.0.0", 5};
	if (config && config->version.begin)
		version = config->version;
	printf("{\"cniVersion\":\"%.*s\",\"code\":%d,\"msg\":\"", (int)version.length,
	       version.begin, code);
	put_json_text(message);
	printf("\",\"details\":\"");
	put_json_text(details);
	printf("\"}\n");
	return 1;
}

static int print_versions(void)
{
	printf("{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[");
	for (size_t i = 0; i < sizeof(VERSIONS) / sizeof(VERSIONS[0]); i++)
		printf("%s\"%s\"", i == 0 ? "" : ",", VERSIONS[i]);
	printf("]}\n");
	return 0;
}

static bool read_config_bytes(struct span *whole)
{
	size_t length = 0;
	while (length < sizeof(config_bytes)) {
		ssize_t got =
		    read(STDIN_FILENO, config_bytes + length, sizeof(config_bytes) - length);
		if (got == 0) {
			*whole = (struct span){config_bytes, length};
			return true;
		}
		if (got > 0)
			length += (size_t)got;
		else if (errno != EINTR)
			return false;
	}
	return false;
}

static bool is_supported(struct span version)
{
	for (size_t i = 0; i < sizeof(VERSIONS) / sizeof(VERSIONS[0]); i++) {
		if (span_equals(version, VERSIONS[i]))
			return true;
	}
	return false;
}

// The path that the configuration says, or the usual one.
static bool read_path(struct span config, const char *name, const char *usual,
		      char path[PATH_BYTES])
{
	struct span value, text = {usual, strlen(usual)};
	if (!json_member(config, name, &value))
		return false;
	if (value.begin && !json_plain_string(value, &text))
		return false;
	return snprintf(path, PATH_BYTES, "%.*s", (int)text.length, text.begin) < PATH_BYTES;
}

// The exit status of a configuration that cannot be used; 0 if it can.
static int read_config(struct config *config)
{
	*config = (struct config){0};
	if (!read_config_bytes(&config->whole))
		return fail(NULL, IO_FAILURE, "standard input: cannot be read whole",
			    "expected: a network configuration of at most 1 MiB");
	struct span version;
	if (!json_member(config->whole, "cniVersion", &version) ||
	    !json_member(config->whole, "prevResult", &config->previous) ||
	    !json_member(config->whole, "excludedNamespaces", &config->excluded))
		return fail(NULL, INVALID_CONFIG, "standard input: not a JSON object",
			    "expected: a network configuration");
	if (!json_plain_string(version, &version) || !is_supported(version))
		return fail(NULL, INCOMPATIBLE_VERSION, "cniVersion: not supported",
			    "expected: 0.3.0, 0.3.1, 0.4.0, 1.0.0 or 1.1.0");
	config->version = version;
	if (!read_path(config->whole, "socket", DEFAULT_SOCKET, config->socket) ||
	    !read_path(config->whole, "namespacesFile", DEFAULT_NAMESPACES, config->namespaces))
		return fail(config, INVALID_CONFIG, "socket or namespacesFile: not a path",
			    "expected: a path of at most 107 characters");
	return 0;
}

// The value of K8S_POD_NAMESPACE in CNI_ARGS, "K=V;K=V"; null begin for a container of no pod.
static struct span pod_namespace(const char *args)
{
	static const char name[] = "K8S_POD_NAMESPACE=";
	while (*args) {
		size_t length = strcspn(args, ";");
		if (strncmp(args, name, sizeof(name) - 1) == 0)
			return (struct span){args + sizeof(name) - 1, length - sizeof(name) + 1};
		args += length;
		if (*args == ';')
			args++;
	}
	return (struct span){NULL, 0};
}

static bool is_excluded(const struct config *config, struct span namespace)
{
	if (span_equals(namespace, EXCLUDED_ALWAYS))
		return true;
	struct span rest = config->excluded, each;
	while (rest.begin && json_next_string(&rest, &each)) {
		if (each.length == namespace.length &&
		    memcmp(each.begin, namespace.begin, each.length) == 0)
			return true;
	}
	return false;
}

static int hand_on(const struct config *config)
{
	if (fwrite(config->previous.begin, 1, config->previous.length, stdout) !=
		config->previous.length ||
	    fflush(stdout) != 0)
		return 1;
	return 0;
}

static int add(const struct config *config, const struct request *request)
{
	if (!config->previous.begin || *config->previous.begin != '{')
		return fail(config, INVALID_CONFIG, "prevResult: (missing)",
			    "expected: the plugin to come after one that makes the network");
	struct span namespace = pod_namespace(request->args);
	if (!namespace.begin || is_excluded(config, namespace))
		return hand_on(config);
	char message[MESSAGE_BYTES];
	char details[MESSAGE_BYTES];
	snprintf(details, sizeof(details), "namespace: %.*s; socket: %s", (int)namespace.length,
		 namespace.begin, config->socket);
	long long begun = now_millis();
	for (;;) {
		switch (ask_agent(config->socket, request, begun + ADD_MILLIS, message)) {
		case ADMITTED:
			return hand_on(config);
		case LATER:
			return fail(config, TRY_AGAIN_LATER, message, details);
		case UNANSWERED:
			break;
		}
		if (read_namespace_state(config->namespaces, namespace) == OUTSIDE)
			return hand_on(config);
		if (now_millis() >= begun + AGENT_WAIT_MILLIS)
			break;
		usleep(AGENT_PAUSE_MILLIS * 1000);
	}
	return fail(config, TRY_AGAIN_LATER,
		    "no Groundmesh agent is ready on this node, and the pod may be in the mesh: "
		    "it starts once an agent has its traffic",
		    details);
}

static int check(const struct config *config, const struct request *request)
{
	char message[MESSAGE_BYTES];
	struct span namespace = pod_namespace(request->args);
	if (!namespace.begin || is_excluded(config, namespace))
		return 0;
	if (ask_agent(config->socket, request, now_millis() + CHECK_MILLIS, message) == LATER)
		return fail(config, TRY_AGAIN_LATER, message, "the pod is not redirected");
	return 0;
}

static int del(const struct config *config, const struct request *request)
{
	char message[MESSAGE_BYTES];
	// What the agent is not told it finds out, so a pod's end never waits for it.
	ask_agent(config->socket, request, now_millis() + DEL_MILLIS, message);
	return 0;
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value ? value : "";
}

int main(void)
{
	struct request request = {
	    .command = variable("CNI_COMMAND"),
	    .container_id = variable("CNI_CONTAINERID"),
	    .netns = variable("CNI_NETNS"),
	    .ifname = variable("CNI_IFNAME"),
	    .args = variable("CNI_ARGS"),
	};
	if (strcmp(request.command, "VERSION") == 0)
		return print_versions();
	struct config config;
	int unusable = read_config(&config);
	if (unusable)
		return unusable;
	request.config = config.whole;
	bool is_add = strcmp(request.command, "ADD") == 0;
	bool is_check = strcmp(request.command, "CHECK") == 0;
	bool is_del = strcmp(request.command, "DEL") == 0;
	if (strcmp(request.command, "STATUS") == 0 || strcmp(request.command, "GC") == 0)
		return 0;
	if (!is_add && !is_check && !is_del)
		return fail(&config, INVALID_ENVIRONMENT, "CNI_COMMAND: not supported",
			    "expected: ADD, DEL, CHECK, GC, STATUS or VERSION");
	if (!*request.container_id || !*request.ifname || (!is_del && !*request.netns))
		return fail(&config, INVALID_ENVIRONMENT,
			    "CNI_CONTAINERID, CNI_NETNS or CNI_IFNAME: (missing)",
			    "expected: all of them");
	if (is_add)
		return add(&config, &request);
	return is_check ? check(&config, &request) : del(&config, &request);
}
