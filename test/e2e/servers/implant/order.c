// order PID NUMBER: tells the implant in the process which attack to do.
#define _GNU_SOURCE
#include "implant.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: order PID NUMBER\n", stderr);
		return 2;
	}
	union sigval value = { .sival_int = atoi(argv[2]) };
	if (sigqueue(atoi(argv[1]), SIGRTMIN + ORDER_OFFSET, value) != 0) {
		perror("order");
		return 1;
	}
	return 0;
}
