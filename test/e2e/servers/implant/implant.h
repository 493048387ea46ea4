// Code that runs inside a server as an intruder's would after an exploit: a library in the server's address space that
// waits for orders and, ordered, does one attack with system calls of its own. Only what is safe in a signal handler
// is used, since the server may be anywhere when the order comes.
#ifndef IMPLANT_H
#define IMPLANT_H

// The order is this signal, SIGRTMIN as libc counts plus 7; the number of the attack comes with it.
#define ORDER_OFFSET 7
// What a started program ends with when it ran.
#define RAN 42

// Written by the attacker's process, read by its watcher; the former may be killed at any point.
struct progress {
	const char *step; // what is being tried
	int error; // errno of the step that failed; 0: none did
	volatile int done; // it is over, and did not become another program
};

struct attack {
	const char *name;
	// Returns when a step failed (which it notes in `now`) or the goal is reached; may become another program.
	void (*run)(void);
	// The exit code of the program that it becomes, where it does.
	int ran;
};

extern struct progress *now;
extern const struct attack attacks[];
extern const int attack_count;
extern const unsigned char payload[], payload_end[];

#endif
