// sections GROUP [--list | NAME[=ARGUMENT]…]: runs the attempts of a group (surface, network, privilege), all of them or those
// named, and prints `NAME OUTCOME` for each: ok, a name of errno, absent, or killed.
#include "sections.h"
#include <sys/prctl.h>
#include <sys/wait.h>

static const struct attempt *group_of(const char *name)
{
	if (!strcmp(name, "surface"))
		return surface_attempts;
	if (!strcmp(name, "network"))
		return network_attempts;
	return strcmp(name, "privilege") ? NULL : privilege_attempts;
}

static void run(const struct attempt *attempt, const char *argument)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		alarm(30);
		prctl(PR_SET_NAME, attempt->name); // verdicts tell which attempt they are of
		int result = attempt->run(argument);
		_exit(result == 0 ? 0 : result == ABSENT ? 255 : result);
	}
	waitpid(child, &status, 0);
	if (!WIFEXITED(status))
		printf("%s killed\n", attempt->name);
	else if (WEXITSTATUS(status) == 0)
		printf("%s ok\n", attempt->name);
	else if (WEXITSTATUS(status) == 255)
		printf("%s absent\n", attempt->name);
	else
		printf("%s %s\n", attempt->name, strerrorname_np(WEXITSTATUS(status)));
	fflush(stdout);
}

int main(int count, char **words)
{
	const struct attempt *group = count < 2 ? NULL : group_of(words[1]);

	if (!group) {
		fprintf(stderr, "usage: sections surface|network|privilege [--list | NAME[=ARGUMENT]…]\n");
		return 2;
	}
	for (const struct attempt *a = group; a->name; a++) {
		if (count == 3 && !strcmp(words[2], "--list"))
			puts(a->name);
		if (count == 2)
			run(a, NULL);
		for (int i = 2; i < count; i++) {
			size_t length = strcspn(words[i], "=");

			if (!strncmp(words[i], a->name, length) && !a->name[length])
				run(a, words[i][length] ? words[i] + length + 1 : NULL);
		}
	}
	return 0;
}
