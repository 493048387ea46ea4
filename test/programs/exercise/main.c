// Does one harmless suspicious thing, precisely: `exercise [-e ERRNO|any] [-t] ACT ARGUMENTS…`.
//   -e ERRNO  the act must fail with this error (a name such as EPERM, or a number); `any`: either outcome is good
//   -t        first prints `at NANOSECONDS`, the CLOCK_REALTIME just before the act
// Prints one line, `ACT: RESULT DETAIL`. Exit codes: 0 as intended, 1 not as intended, 2 wrong usage, 77 unsupported.
#include "exercise.h"
#include <time.h>

static const struct act *const groups[] = { file_acts, path_acts, mount_acts, network_acts,
					    process_acts, program_acts, kernel_acts, name_acts,
					    way_acts };
static char details[512];

void note(const char *format, ...)
{
	va_list arguments;
	size_t used = strlen(details);
	va_start(arguments, format);
	vsnprintf(details + used, sizeof details - used, format, arguments);
	va_end(arguments);
}

void give_up(const char *what)
{
	fprintf(stderr, "exercise: %s: %s\n", what, strerror(errno));
	exit(1);
}

long sure(long result, const char *what)
{
	if (result < 0)
		give_up(what);
	return result;
}

long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 0);
	if (*text == 0 || *end != 0) {
		fprintf(stderr, "exercise: `%s` is not a number\n", text);
		exit(2);
	}
	return value;
}

static int usage(void)
{
	fprintf(stderr, "usage: exercise [-e ERRNO|any] [-t] ACT ARGUMENTS…\n");
	for (size_t group = 0; group < sizeof groups / sizeof *groups; group++)
		for (const struct act *act = groups[group]; act->name; act++)
			fprintf(stderr, "  %-18s %s\n", act->name, act->arguments);
	return 2;
}

static const struct act *find(const char *name)
{
	for (size_t group = 0; group < sizeof groups / sizeof *groups; group++)
		for (const struct act *act = groups[group]; act->name; act++)
			if (strcmp(act->name, name) == 0)
				return act;
	return NULL;
}

static int is_expected(const char *expected, long result, int error)
{
	if (!expected)
		return result >= 0;
	if (strcmp(expected, "any") == 0)
		return 1;
	if (result >= 0)
		return 0;
	const char *name = strerrorname_np(error);
	return (name && strcmp(name, expected) == 0) || atoi(expected) == error;
}

static void print_time(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	printf("at %lld\n", now.tv_sec * 1000000000ll + now.tv_nsec);
	fflush(stdout);
}

int perform(int argc, char **argv)
{
	const char *expected = NULL;
	int is_timed = 0, option;
	optind = 1;
	while ((option = getopt(argc, argv, "+e:t")) != -1) {
		if (option == 'e')
			expected = optarg;
		else if (option == 't')
			is_timed = 1;
		else
			return usage();
	}
	const struct act *act = optind < argc ? find(argv[optind]) : NULL;
	if (!act || argc - optind - 1 < act->needed)
		return usage();
	char **rest = argv + optind + 1;
	int count = argc - optind - 1;
	if (is_timed)
		print_time();
	details[0] = 0;
	errno = 0;
	long result = act->run(count, rest);
	int error = errno;
	if (result >= 0)
		printf("%s: %ld%s\n", act->name, result, details);
	else
		printf("%s: %s%s\n", act->name, strerrorname_np(error), details);
	fflush(stdout);
	if (is_expected(expected, result, error))
		return 0;
	return result < 0 && (error == ENOSYS || error == EOPNOTSUPP) ? EXIT_UNSUPPORTED : 1;
}

int main(int argc, char **argv)
{
	return perform(argc, argv);
}
