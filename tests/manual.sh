# SPDX-License-Identifier: GPL-3.0-or-later
# The manual's pages say what the tables say, are clean mdoc, know every option, and refer to what there is.
# What their examples do: tests/manual_examples.py.
set -u
man=$srcdir/man
count=0

result() { # status, name
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

pages=$(cd "$man" && ls sockpit*.[1-9])
for page in $pages; do
	sh "$man/generate.sh" sockpit "$man/$page" | diff "$man/$page" - >manual.diff
	status=$?
	sed 's/^/# /' manual.diff
	result $status "$page: what the tables of the program make is theirs (make update-man)"
done
rm -f manual.diff

# Each part is in one page.
for part in $(sockpit --mdoc '' 2>&1 | sed 's/.*none of //' | tr -d ,); do
	[ "$(cat "$man"/sockpit*.[1-9] | grep -c "^\.\\\\\" part: $part ")" -eq 1 ]
	result $? "one page has $part"
done

if command -v mandoc >/dev/null 2>&1; then
	mandoc -T lint -W warning "$man"/sockpit*.[1-9] | sed 's/^/# /' | tee lint.out
	[ ! -s lint.out ]
	result $? "mandoc has nothing to complain about"
	rm -f lint.out
else
	count=$((count + 1))
	echo "ok $count # SKIP no mandoc here"
fi

[ "$(wc -l <"$man/sockpit.1")" -lt 500 ]
result $? "sockpit(1) has less than 500 lines"

# Each option of the help is described by one page of section 1.
for option in $(sockpit -h | sed -n 's/^  \(-[^ ]*\(, -[^ ]*\)*\).*/\1/p' | tr -d ,); do
	long=$(printf "%s\n" "$option" | sed 's/^-//')
	found=$(cat "$man"/sockpit*.1 | grep -v " Ta " | grep -cE "^\.It .*Fl $long( |\$)")
	[ "$found" -eq 1 ]
	result $? "one page explains $option ($found)"
done

# A word of a heading that is the name of a macro, such as In, is one unless \& is before it.
! grep -nE '^\.S[hs] (.* )?(Ad|An|Ar|At|Do|Em|En|Es|Fa|In|Li|Ms|Nm|No|Op|Pa|St|Ta|Va)( |$)' "$man"/sockpit*.[1-9] | sed 's/^/# /' | grep .
result $? "no word of a heading is taken for a macro"

# F1 is /help, which names all pages.
echo /help | sockpit -f - >help.out
for page in $pages; do
	grep -qw "${page%.*}" help.out
	result $? "/help names $page"
done
rm -f help.out

# ".Xr sockpit-log 5" is a page; ".Sx KEYS" is a section or a subsection of the page that says it.
references=$(sed -n 's/^\.\(It \)\{0,1\}Xr \(sockpit[^ ]*\) \([1-9]\).*/\2.\3/p' "$man"/sockpit*.[1-9] | sort -u)
for reference in $references; do
	[ -f "$man/$reference" ]
	result $? "there is $reference"
done
for page in $pages; do
	[ "$page" = sockpit.1 ] || grep -q "^\.Xr ${page%.*} ${page##*.}" "$man/sockpit.1"
	result $? "sockpit(1) refers to $page"
	sed -n 's/^\.\(It \)\{0,1\}Sx \(.*\)/\2/p' "$man/$page" | sed 's/ [.,;:)]*$//; s/ , /\
/g' | sort -u >references.out
	while read -r section; do
		grep -qx "\.S[hs] $section" "$man/$page" || echo "# $page has no section $section"
	done <references.out >bad.out
	cat bad.out
	[ ! -s bad.out ]
	result $? "$page: each section that it refers to is there"
done
rm -f references.out bad.out
echo "1..$count"
