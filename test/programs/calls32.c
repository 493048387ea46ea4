// A 32-bit program (i386).
#include "i386-main.h"
