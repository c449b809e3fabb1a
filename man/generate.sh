# SPDX-License-Identifier: GPL-3.0-or-later
# Makes the parts of a manual page that the tables of the program make: each stands between ".\" part: NAME" and
# ".\" end of NAME". Reads the page, asks the program, writes to standard output.
# usage: generate.sh PROGRAM PAGE
set -eu
program=$1 page=$2
awk -v program="$program" '
	/^\.\\" end of / { skipping = 0 }
	!skipping { print }
	/^\.\\" part: / {
		command = program " --mdoc " $3
		for (lines = 0; (command | getline line) > 0; lines++)
			print line
		if (close(command) != 0 || lines == 0)
			exit 1
		skipping = 1
	}
	END { exit skipping }
' "$page"
