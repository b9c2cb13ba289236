/* SPDX-License-Identifier: ISC */
/* sitrep: the command-line client.  All its other code is a library, so that tests can call it. */
#include "client.h"

int main(int argc, char **argv)
{
	return cli_run(argc, argv);
}
