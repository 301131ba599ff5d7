#include "admission.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HEADER_BYTES 16384
#define NAMESPACES_HEADER "groundmesh namespaces 1"

long long now_millis(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool wait_for(int fd, short events, long long until)
{
	for (;;) {
		long long left = until - now_millis();
		struct pollfd waiting = {.fd = fd, .events = events};
		int ready = poll(&waiting, 1, left > 0 ? (int)left : 0);
		if (ready > 0)
			return true;
		if (ready == 0 || errno != EINTR)
			return false;
	}
}

static bool send_all(int fd, const char *bytes, size_t length, long long until)
{
	while (length > 0) {
		ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
		if (sent > 0) {
			bytes += sent;
			length -= (size_t)sent;
		} else if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (!wait_for(fd, POLLOUT, until))
				return false;
		} else {
			return false;
		}
	}
	return true;
}

// The whole answer, up to its end; false if it is too long or comes too late.
static bool receive_all(int fd, char *into, size_t size, size_t *length, long long until)
{
	*length = 0;
	while (*length < size) {
		ssize_t got = recv(fd, into + *length, size - *length, 0);
		if (got == 0)
			return true;
		if (got > 0)
			*length += (size_t)got;
		else if ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLIN, until))
			return false;
	}
	return false;
}

static int open_socket(const char *path, long long until)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	// A full queue of the agent's is EAGAIN at once: there is nothing to poll for.
	while (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		if ((errno != EAGAIN && errno != EINTR) || now_millis() >= until) {
			close(fd);
			return -1;
		}
		poll(NULL, 0, 10);
	}
	return fd;
}

// Lines of a name and its value, ended by an empty one; then the configuration, of the length told.
static int write_header(char *into, size_t size, const struct request *request)
{
	const char *values[] = {request->command, request->container_id, request->netns,
				request->ifname, request->args};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strchr(values[i], '\n'))
			return -1;
	}
	int length = snprintf(into, size,
			      "groundmesh cni 1\nCNI_COMMAND=%s\nCNI_CONTAINERID=%s\nCNI_NETNS=%s\n"
			      "CNI_IFNAME=%s\nCNI_ARGS=%s\nLENGTH=%zu\n\n",
			      request->command, request->container_id, request->netns,
			      request->ifname, request->args, request->config.length);
	return length < 0 || (size_t)length >= size ? -1 : length;
}

static enum admission read_answer(char answer[MESSAGE_BYTES], size_t length,
				  char message[MESSAGE_BYTES])
{
	// Without the last line's end it is not whole: the agent has ended.
	if (length == 0 || answer[length - 1] != '\n')
		return UNANSWERED;
	answer[length - 1] = '\0';
	if (strcmp(answer, "OK") == 0)
		return ADMITTED;
	if (strncmp(answer, "LATER ", 6) != 0)
		return UNANSWERED;
	strcpy(message, answer + 6);
	return LATER;
}

enum admission ask_agent(const char *socket_path, const struct request *request, long long until,
			 char message[MESSAGE_BYTES])
{
	char header[HEADER_BYTES];
	int header_length = write_header(header, sizeof(header), request);
	if (header_length < 0) {
		snprintf(message, MESSAGE_BYTES, "environment: too long, or of several lines");
		return LATER;
	}
	int fd = open_socket(socket_path, until);
	if (fd < 0)
		return UNANSWERED;
	enum admission result = UNANSWERED;
	char answer[MESSAGE_BYTES];
	size_t length;
	if (send_all(fd, header, (size_t)header_length, until) &&
	    send_all(fd, request->config.begin, request->config.length, until) &&
	    receive_all(fd, answer, sizeof(answer), &length, until))
		result = read_answer(answer, length, message);
	close(fd);
	return result;
}

static enum namespace_state state_of_line(const char *line, struct span name)
{
	if (strncmp(line, name.begin, name.length) != 0)
		return UNKNOWN;
	if (strcmp(line + name.length, " outside") == 0)
		return OUTSIDE;
	return strcmp(line + name.length, " ambient") == 0 ? AMBIENT : UNKNOWN;
}

enum namespace_state read_namespace_state(const char *file, struct span name)
{
	FILE *in = fopen(file, "re");
	if (!in)
		return UNKNOWN;
	enum namespace_state state = UNKNOWN;
	char line[256];
	bool first = true;
	while (state == UNKNOWN && fgets(line, sizeof(line), in)) {
		char *end = strchr(line, '\n');
		// Without its end it is too long for a namespace, or the file is not whole.
		if (!end)
			break;
		*end = '\0';
		if (first && strcmp(line, NAMESPACES_HEADER) != 0)
			break;
		if (!first)
			state = state_of_line(line, name);
		first = false;
	}
	fclose(in);
	return state;
}
