// A 64-bit program that calls through the 32-bit door, where its registers name other calls than they seem to.
#include "i386-main.h"
