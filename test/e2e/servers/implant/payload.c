// The program that attacks drop: it only ends, with a code that says it ran. No library, so that nothing else is needed.
void _start(void)
{
#if defined(__x86_64__)
	__asm__ volatile("mov $231, %eax\n mov $42, %edi\n syscall");
#elif defined(__aarch64__)
	__asm__ volatile("mov x8, #94\n mov x0, #42\n svc #0");
#else
#error "no exit for this architecture"
#endif
	__builtin_unreachable();
}
