// Whether a file was touched not longer ago than so many seconds: the sign of life of the agent in
// this very container. A port would not do, for during a rollout two agents share the node's.
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

int main(int count, char **arguments)
{
	char *end;
	long seconds = count == 3 ? strtol(arguments[2], &end, 10) : -1;
	if (seconds < 0 || *end) {
		fprintf(stderr, "usage: groundmesh-probe FILE SECONDS\n");
		return 2;
	}
	struct stat found;
	struct timespec now;
	if (stat(arguments[1], &found) != 0) {
		printf("%s: not there\n", arguments[1]);
		return 1;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	long long age = (long long)now.tv_sec - found.st_mtim.tv_sec;
	if (age > seconds) {
		printf("%s: touched %lld s ago (expected: at most %ld)\n", arguments[1], age,
		       seconds);
		return 1;
	}
	return 0;
}
