#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Prints the C source of the built-in lessons: texts.sh SRCDIR src/lessons/NAME.md ... src/lessons/NAME.jsonl ...
# The latter are recordings of a run of the lesson of that name. Bytes, not strings, whose length the C standard limits.
set -e
top=$1
shift
echo '// Made from src/lessons by src/lessons/texts.sh: do not edit.'
echo '#include "command/lessons.h"'
count=0
for file; do
	count=$((count + 1))
	echo
	echo "static const unsigned char text_$count[] = {"
	od -A n -v -t u1 "$top/$file" | sed 's/[0-9][0-9]*/&,/g'
	echo '	0'
	echo '};'
done

# The rows of the files that end in $1: name, text, length.
print_table() {
	ending=$1
	shift
	count=0
	for file; do
		count=$((count + 1))
		name=${file##*/}
		case $name in
		*"$ending") echo "	{ \"${name%"$ending"}\", (const char *)text_$count, sizeof text_$count - 1 }," ;;
		esac
	done
	echo '	{ 0 },'
	echo '};'
}

echo
echo 'const struct lesson_text lesson_texts[] = {'
print_table .md "$@"
echo
echo 'const struct lesson_text lesson_recordings[] = {'
print_table .jsonl "$@"
