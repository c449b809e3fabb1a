# SPDX-License-Identifier: GPL-3.0-or-later
# The manual says what the tables say, is clean mdoc, knows every option, and its examples are understood.
set -u
manual=$srcdir/man/sockpit.1
count=0

result() { # status, name
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

sh "$srcdir/man/generate.sh" sockpit "$manual" | diff "$manual" - >manual.diff
status=$?
sed 's/^/# /' manual.diff
rm -f manual.diff
result $status "COMMANDS, VIEWS, SERVICES, SETTINGS, OPTIONS and ERRORS are the program's (make update-man)"

if command -v mandoc >/dev/null 2>&1; then
	mandoc -T lint -W warning "$manual" "$srcdir"/man/*.5 | sed 's/^/# /' | tee lint.out
	[ ! -s lint.out ]
	result $? "mandoc has nothing to complain about"
	rm -f lint.out
else
	count=$((count + 1))
	echo "ok $count # SKIP no mandoc here"
fi

# The manual has each option of the help.
for option in $(sockpit -h | sed -n 's/^  \(-[^ ]*\(, -[^ ]*\)*\).*/\1/p' | tr -d ,); do
	long=$(echo "$option" | sed 's/^-//')
	grep -Eq "Fl ([^ ]+ , Fl )?$long( |\$)|Fl $long ,|, Fl $long" "$manual"
	result $? "the manual knows $option"
done

# A mistake in an example would be status 2. Names are looked up nowhere: -n refuses them.
mkdir -p examples.tmp
examples=$(sed -n 's/^\(\.Dl \)\{0,1\}\$ sockpit \(.*\)/\2/p' "$manual" | sed 's/[<>].*//')
echo "$examples" | while read -r words; do
	case $words in
	--demo | --replay*) continue ;;
	--relay*) words="-n -w 50ms $(echo "$words" | sed 's/--relay [0-9]*/--relay 0/')" ;;
	-l*) words="-w 50ms -q 0 $(echo "$words" | sed 's/[0-9][0-9]*$/0/')" ;;
	*) words="-n -w 50ms -q 0 $(echo "$words" | sed 's/mail.example.org/127.0.0.1/; s/[0-9][0-9]*$/9/')" ;;
	esac
	(cd examples.tmp && timeout 1 sockpit $words </dev/null >../example.out 2>&1)
	[ $? -ne 2 ] || { echo "# sockpit $words"; cat example.out; echo bad >>examples.bad; }
done
[ ! -e examples.bad ]
result $? "the examples of the manual are understood"
rm -rf example.out examples.bad examples.tmp
echo "1..$count"
