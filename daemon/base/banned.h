/* SPDX-License-Identifier: ISC */
/* banned.h: calls that are forbidden in this code.  The compiler reads this before each source (-include in the
 * Makefile); a use of a name below is an error.
 *
 * 	strcpy, strcat, sprintf, gets ...      write past the end of a buffer: struct buf or snprintf instead
 * 	strncpy, strncat                       leave a string without its end: the same instead
 * 	strtok, ctime, localtime, tmpnam ...   keep one state for all threads: struct str, clock.h, mkstemp instead
 * 	atoi, sscanf ...                       overflow in silence: str.h's numbers instead
 * 	alloca                                 cannot fail but by a crash: struct arena instead
 * 	system, popen                          run a shell
 * 	srand                                  seeds numbers that can be predicted: getrandom instead
 */
#ifndef SITREP_BASE_BANNED_H
#define SITREP_BASE_BANNED_H

/* the headers that declare them come first: a poisoned name may not stand in a declaration either */
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* macros in some versions of the C library */
#undef alloca
#undef sprintf
#undef vsprintf
#undef stpcpy
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef strtok

#pragma GCC poison strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets
#pragma GCC poison strtok ctime asctime localtime gmtime tmpnam tempnam mktemp
#pragma GCC poison atoi atol atoll atof scanf fscanf sscanf
#pragma GCC poison alloca system popen srand

/* Behind the name of a parameter: the function must have it, as a callback, and does not need it. */
#define UNUSED __attribute__((unused))

#endif
