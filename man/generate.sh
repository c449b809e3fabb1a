# SPDX-License-Identifier: GPL-3.0-or-later
# Makes the generated part of the manual again: reads the manual's file, asks the program, writes to standard output.
# usage: generate.sh PROGRAM MANUAL
set -eu
program=$1 manual=$2
sed '/generated from the command table/q' "$manual"
"$program" --commands-as-mdoc
sed -n '/end of the generated part/,$p' "$manual"
