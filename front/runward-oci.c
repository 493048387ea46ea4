// SPDX-License-Identifier: Apache-2.0
/*
 * The front of the runtime wrapper: what a container manager calls in place of runc or crun. It decides nothing. Calls
 * that make a container or add a process to one are put to the agent, which reads the call from /proc and answers when
 * the bundle is ready; everything else, and every call the agent agreed to, becomes the runtime itself, so that exit
 * code, signals, terminal and file descriptors are the runtime's own. Without an agent that agrees, Node.js is started
 * to decide (`runward oci`), and what it refuses is refused. Why this is not TypeScript: docs/adr/0059.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A little longer than the agent takes to give up, so that its reason is heard. */
enum { TIMEOUT_MS = 6000, MAX_CONFIG = 4096, MAX_STATE = 4 << 20 };

static char socket_path[PATH_MAX] = "/run/runward/agent.sock";
static char runtime_path[PATH_MAX];
static const char *log_path;
static int log_is_json;

/* Managers show the last error of the runtime's log, or standard error. Nothing here needs escaping. */
static int refuse(const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	for (char *c = text; *c; c++)
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ') *c = '?';
	fprintf(stderr, "runward-oci: %s\n", text);
	if (!log_path) return 1;
	int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0) return 1;
	char now[32];
	time_t seconds = time(NULL);
	strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime(&seconds));
	dprintf(log, log_is_json ? "{\"level\":\"error\",\"msg\":\"%s\",\"time\":\"%s\"}\n" : "level=error msg=\"%s\" time=\"%s\"\n", text, now);
	close(log);
	return 1;
}

static int copy(char *into, const char *from, size_t length)
{
	if (length >= PATH_MAX) return -1;
	memcpy(into, from, length);
	into[length] = 0;
	return 0;
}

static const char *blank(const char *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') at++;
	return at;
}

/* A text of JSON without escapes; its end in *end. NULL for anything else. */
static const char *text(const char *at, const char **end)
{
	if (*at != '"') return NULL;
	for (*end = ++at; **end != '"'; (*end)++)
		if (!**end || **end == '\\' || **end == '\n') return NULL;
	return at;
}

/* {"runtime": "/path", "socket": "/path"}: a flat object of texts. */
static int parse_config(const char *at)
{
	at = blank(at);
	if (*at++ != '{') return -1;
	at = blank(at);
	for (int first = 1; *at != '}'; first = 0) {
		const char *key_end, *value_end;
		if (!first && *at++ != ',') return -1;
		const char *key = text(blank(at), &key_end);
		if (!key) return -1;
		at = blank(key_end + 1);
		if (*at++ != ':') return -1;
		const char *value = text(blank(at), &value_end);
		if (!value || *value != '/') return -1;
		size_t length = (size_t)(key_end - key), size = (size_t)(value_end - value);
		if (length == 7 && !memcmp(key, "runtime", 7)) {
			if (copy(runtime_path, value, size)) return -1;
		} else if (length == 6 && !memcmp(key, "socket", 6)) {
			if (copy(socket_path, value, size)) return -1;
		} else if (length != 5 || memcmp(key, "state", 5)) {
			return -1;
		}
		at = blank(value_end + 1);
	}
	return *blank(at + 1) ? -1 : 0;
}

static int read_config(void)
{
	static char content[MAX_CONFIG];
	const char *named = getenv("RUNWARD_OCI_CONFIG");
	const char *path = named ? named : "/etc/runward/oci.json";
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0) return errno == ENOENT && !named ? 0 : refuse("cannot read %s: %s", path, strerror(errno));
	ssize_t size = read(file, content, sizeof content - 1);
	close(file);
	if (size < 0 || size == sizeof content - 1 || parse_config(content))
		return refuse("%s is no flat JSON object with the paths runtime, socket and state", path);
	return 0;
}

/* The one given, else runc or crun where distributions put them; never this program itself. */
static int find_runtime(void)
{
	static const char *const places[] = {"/usr/bin/runc", "/usr/sbin/runc", "/usr/local/bin/runc", "/usr/local/sbin/runc",
		"/usr/bin/crun", "/usr/sbin/crun", "/usr/local/bin/crun", "/usr/local/sbin/crun"};
	for (size_t i = 0; !*runtime_path && i < sizeof places / sizeof *places; i++)
		if (!access(places[i], X_OK)) copy(runtime_path, places[i], strlen(places[i]));
	if (!*runtime_path) return refuse("found neither runc nor crun; name the runtime in /etc/runward/oci.json");
	struct stat self, other;
	if (stat("/proc/self/exe", &self) || stat(runtime_path, &other))
		return refuse("cannot run %s: %s", runtime_path, strerror(errno));
	if (self.st_dev == other.st_dev && self.st_ino == other.st_ino)
		return refuse("the runtime %s is runward-oci itself; name runc or crun in /etc/runward/oci.json", runtime_path);
	return 0;
}

static int send_all(int to, const char *bytes, size_t size)
{
	while (size) {
		ssize_t sent = send(to, bytes, size, MSG_NOSIGNAL);
		if (sent <= 0) return -1;
		bytes += sent;
		size -= (size_t)sent;
	}
	return 0;
}

/* Whether the agent has agreed: its answer to a POST is 204, no content. */
static int agrees(const char *route, const char *body, size_t size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(socket_path) >= sizeof address.sun_path) return 0;
	strcpy(address.sun_path, socket_path);
	int agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (agent < 0) return 0;
	struct timeval limit = {.tv_sec = TIMEOUT_MS / 1000};
	setsockopt(agent, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(agent, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	char head[256], answer[32] = "";
	int length = snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: agent\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n",
		route, size ? "Content-Type: application/json\r\n" : "", size);
	size_t got = 0;
	if (!connect(agent, (struct sockaddr *)&address, sizeof address) && !send_all(agent, head, (size_t)length) && !send_all(agent, body, size)) {
		ssize_t count;
		while (got < 12 && (count = recv(agent, answer + got, 12 - got, 0)) > 0) got += (size_t)count;
	}
	close(agent);
	return got == 12 && !memcmp(answer, "HTTP/1.1 204", 12);
}

/* `runward oci …` beside this program, with its output on standard error; its exit code, or -1. */
static int decide(const char *what, const char *stage)
{
	char program[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", program, sizeof program - 32);
	if (size < 0) return -1;
	program[size] = 0;
	/* build/oci/runward-oci or bin/runward-oci: the launcher is in bin below the same root. */
	for (int up = 0; up < 3; up++) {
		char *slash = strrchr(program, '/');
		if (!slash) return -1;
		*slash = 0;
		char launcher[PATH_MAX + 16];
		snprintf(launcher, sizeof launcher, "%s/bin/runward", program);
		if (access(launcher, X_OK)) continue;
		pid_t child = fork();
		if (child < 0) return -1;
		if (!child) {
			dup2(2, 1);
			execl(launcher, "runward", "oci", what, stage, (char *)NULL);
			_exit(127);
		}
		int status;
		while (waitpid(child, &status, 0) < 0)
			if (errno != EINTR) return -1;
		return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	return -1;
}

/* A hook: the runtime says on standard input which container it has made. */
static int hook(const char *stage)
{
	int state = memfd_create("state", 0);
	static char chunk[65536];
	ssize_t count;
	off_t size = 0;
	while ((count = read(0, chunk, sizeof chunk)) > 0 && (size += count) <= MAX_STATE)
		if (write(state, chunk, (size_t)count) != count) return refuse("cannot keep the state of the container");
	if (count < 0 || size > MAX_STATE) return refuse("cannot read the state of the container");
	const char *body = mmap(NULL, (size_t)size + 1, PROT_READ, MAP_PRIVATE, state, 0);
	if (body != MAP_FAILED && size && agrees("/v1/oci/bind", body, (size_t)size)) return 0;
	lseek(state, 0, SEEK_SET);
	dup2(state, 0);
	int code = decide("hook", stage);
	if (code == 0) return 0;
	/* Of its own refusals it has said why. */
	return code == 1 ? 1 : refuse("cannot decide whether the container may start: runward oci hook did not run (status %d)", code);
}

/* Words that may make this call a creation or an execution; the agent reads the call exactly. */
static int concerns(char **arguments)
{
	static const char *const words[] = {"create", "run", "exec", "restore"};
	for (; *arguments; arguments++)
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (!strcmp(*arguments, words[i])) return 1;
	return 0;
}

static void find_log(char **arguments)
{
	for (; *arguments; arguments++) {
		if (!strcmp(*arguments, "--log") && arguments[1]) log_path = *++arguments;
		else if (!strncmp(*arguments, "--log=", 6)) log_path = *arguments + 6;
		else if (!strcmp(*arguments, "--log-format") && arguments[1]) log_is_json = !strcmp(*++arguments, "json");
		else if (!strcmp(*arguments, "--log-format=json")) log_is_json = 1;
		else if (**arguments != '-') return;
	}
}

int main(int count, char **arguments)
{
	if (count < 1) return 1;
	/* The runtime sees the call without this program's own option. */
	char **rest = arguments + 1;
	const char *runtime = getenv("RUNWARD_RUNTIME");
	if (*rest && !strcmp(*rest, "--runtime") && rest[1]) {
		runtime = rest[1];
		rest += 2;
	} else if (*rest && !strncmp(*rest, "--runtime=", 10)) {
		runtime = *rest + 10;
		rest += 1;
	}
	find_log(rest);
	if (read_config()) return 1;
	const char *socket_named = getenv("RUNWARD_SOCKET");
	if (socket_named && copy(socket_path, socket_named, strlen(socket_named))) return refuse("RUNWARD_SOCKET is too long");
	if (*rest && !strcmp(*rest, "hook")) return hook(rest[1] ? rest[1] : "createRuntime");
	if (runtime && copy(runtime_path, runtime, strlen(runtime))) return refuse("the path of the runtime is too long");
	if (find_runtime()) return 1;
	if (concerns(rest) && !agrees("/v1/oci/prepare", "", 0)) {
		int code = decide("prepare", NULL);
		if (code == 1) return 1;
		if (code != 0) return refuse("cannot decide whether the container may start: runward oci prepare did not run (status %d)", code);
	}
	*--rest = runtime_path;
	execv(runtime_path, rest);
	return refuse("cannot run %s: %s", runtime_path, strerror(errno));
}
