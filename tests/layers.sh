#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The layer rules, read off the #includes: only downward, siblings never, no circles of modules, and each foreign
# library in its one place. With a directory as argument it checks the sources there instead; so it also checks that it
# can fail.

top=${srcdir:-.}
count=0
failed=0

report() { # ok|"not ok", name
	count=$((count + 1))
	[ "$1" = ok ] || failed=$((failed + 1))
	echo "$1 $count - $2"
}

sources() { # top, src or tests, more arguments of find
	(cd "$1" && shift && find "$@" | LC_ALL=C sort)
}

# "src/ui/pane.c:9 view/row.h", one for each include of a file below a directory; system headers keep their "<".
includes_of() { # top, src or tests
	sources "$1" "$2" -name '*.[ch]' | (cd "$1" && xargs awk '
	match($0, /^[ \t]*#[ \t]*include[ \t]*["<][^">]*/) {
		header = substr($0, RSTART, RLENGTH)
		sub(/^[ \t]*#[ \t]*include[ \t]*"?/, "", header)
		print FILENAME ":" FNR " " header
	}')
}

# Lines that break the rule "each layer sees only those below".
upward() {
	awk '
	BEGIN {
		rank["base"] = 0; rank["socket"] = 1; rank["record"] = 2; rank["net"] = rank["view"] = 3; rank["log"] = 4
		rank["app"] = 5; rank["command"] = rank["ui"] = 6; top = 7
	}
	{
		if ($2 ~ /^(<|support\/|tests\/)/ || $2 == "config.h") next
		split($1, path, "/"); split($2, to, "/")
		from = path[2] in rank ? rank[path[2]] : top
		if (path[2] == to[1]) next
		if (from == top && $2 !~ /\//) next
		if (!(to[1] in rank) || rank[to[1]] >= from) print
	}'
}

# Lines that belong to a circle of modules. A .c file and its header are one module, as are x.h and x_internal.h; a file
# x_more.c without a header of its own belongs to x.h.
circular() {
	awk '
	$2 ~ /\// && $2 !~ /^</ {
		file = $1; sub(/:.*/, "", file)
		header = "src/" $2
		line[++count] = $0; from[count] = file; to[count] = header
		is_header[header] = 1
	}
	function module(file,    name) {
		sub(/(_internal)?[.][ch]$/, "", file)
		for (name = file; !(name ".h" in is_header) && sub(/_[a-z]*$/, "", name);) continue
		return name ".h" in is_header ? name : file
	}
	function reaches(start, goal,    queue, last, at, list, n, k) {
		if (!(start in found)) {
			queue[last = 1] = start
			found[start] = " "
			for (at = 1; at <= last; at++) {
				n = split(next_of[queue[at]], list, " ")
				for (k = 1; k <= n; k++)
					if (index(found[start], " " list[k] " ") == 0) {
						found[start] = found[start] list[k] " "
						queue[++last] = list[k]
					}
			}
		}
		return index(found[start], " " goal " ") > 0
	}
	END {
		for (i = 1; i <= count; i++) {
			from[i] = module(from[i])
			to[i] = module(to[i])
			open[i] = from[i] != to[i]
		}
		# What leads to a module that leads nowhere, or comes from one that nothing leads to, is in no circle.
		do {
			split("", leaves); split("", enters)
			for (i = 1; i <= count; i++)
				if (open[i]) leaves[from[i]] = enters[to[i]] = 1
			changed = 0
			for (i = 1; i <= count; i++)
				if (open[i] && !(to[i] in leaves && from[i] in enters)) {
					open[i] = 0
					changed = 1
				}
		} while (changed)
		for (i = 1; i <= count; i++)
			if (open[i]) next_of[from[i]] = next_of[from[i]] " " to[i]
		for (i = 1; i <= count; i++)
			if (open[i] && reaches(to[i], from[i])) print line[i]
	}'
}

# Lines that include a header (an extended regular expression) outside of the files that may.
only_in() { # header, files
	awk -v header="$1" -v files="$2" '{ file = $1; sub(/:.*/, "", file); if ($2 ~ header && file !~ files) print }'
}

# Socket system calls outside the one place for them; files that only ask the kernel may make the calls they need for
# that. A name after a dot, an arrow or a letter is another thing, as is text in quotes or comments.
stray_calls() {
	sources "$1" src -name '*.c' ! -path '*/net/calls*.c' | (cd "$1" && xargs awk '
	FNR == 1 { inside = 0 }
	!inside && !/\/[*]/ && !/(socket|bind|listen|accept|accept4|connect|shutdown|sendto|sendmsg|recvfrom|recvmsg|send|recv|sockopt|sockname|peername)\(/ { next }
	{
		line = $0
		gsub(/\\./, "", line); gsub(/"[^"]*"/, "", line)
		gsub(/\/\*.*\*\//, "", line); sub(/\/\/.*/, "", line)
		if (inside) {
			if (line !~ /\*\//) next
			sub(/.*\*\//, "", line)
			inside = 0
		}
		if (line ~ /\/\*/) {
			inside = 1
			sub(/\/\*.*/, "", line)
		}
		if (FILENAME ~ /^src\/net\/kernel(_tcp)?[.]c$/) gsub(/getsockopt\(/, "", line)
		if (FILENAME ~ /^src\/net\/(diag|netlink)[.]c$/) gsub(/(socket|send|recv)\(/, "", line)
		if (FILENAME ~ /^src\/net\/packet_(ring|filter)[.]c$/) gsub(/(socket|bind|[gs]etsockopt|getsockname)\(/, "", line)
		if (FILENAME == "src/net/sandbox.c") gsub(/(socket|bind|sendmsg|recvmsg|setsockopt)\(/, "", line)
		if (FILENAME == "src/net/cable_loop.c") gsub(/(send|recv|[gs]etsockopt)\(/, "", line)
		if (line ~ /(^|[^A-Za-z0-9_.>])(socket|bind|listen|accept|accept4|connect|shutdown)\(/ ||
		    line ~ /(^|[^A-Za-z0-9_.>])(send|sendto|sendmsg|recv|recvfrom|recvmsg)\(/ ||
		    line ~ /(^|[^A-Za-z0-9_.>])([gs]etsockopt|getsockname|getpeername)\(/)
			print FILENAME ":" FNR " " $0
	}')
}

verdict() { # name, offending lines
	if [ -z "$2" ]; then
		report ok "$1"
	else
		report "not ok" "$1"
		echo "$2" | sed 's/^/#   /'
	fi
}

check_tree() {
	includes=$(includes_of "$1" src)
	if [ -n "$includes" ]; then report ok "there are includes to read"; else report "not ok" "there are includes to read"; fi
	verdict "includes point only downward" "$(echo "$includes" | upward)"
	verdict "curses only in ui/screen.c" \
		"$(echo "$includes" | only_in '^<(n?curses[.]h|ncursesw?/|term[.]h)' '^src/ui/screen[.]c$')"
	verdict "readline only in ui/input.c and ui/input_history.c" \
		"$(echo "$includes" | only_in '^<readline/' '^src/ui/input(_history)?[.]c$')"
	verdict "socket calls only in net/calls*.c, questions only in net/kernel*.c, net/diag.c, net/netlink.c, net/packet_*.c, net/sandbox.c and net/cable_loop.c" "$(stray_calls "$1")"
	verdict "the product includes nothing of the tests" "$(echo "$includes" | awk '$2 ~ /^(support|tests)\//')"
	verdict "linux/tcp.h only in net/kernel_tcp.c" \
		"$(echo "$includes" | only_in '^<linux/tcp[.]h' '^src/net/kernel_tcp[.]c$')"
	verdict "modules include each other in no circle" "$(echo "$includes" | circular)"
	verdict "a test includes only its layer and those below" "$(includes_of "$1" tests | upward)"
	verdict "openssl only in net/tls" "$(echo "$includes" | only_in '^<openssl/' '^src/net/tls/')"
}

if [ $# -gt 0 ]; then
	check_tree "$1"
	echo "1..$count"
	exit $((failed > 0))
fi

check_tree "$top"

# Each rule must be able to fail: a fault is planted in a copy, and the rule that should see it must be the only one.
# Then it is taken out again.
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
mkdir "$copy/tests" && cp -R "$top/src" "$copy" && chmod -R u+w "$copy"

plant() { # rule number, name, file, text, perhaps a new file and its text
	case $3 in tests/*) cp -R "$top/${3%/*}" "$copy/tests" && chmod -R u+w "$copy/tests" ;; esac
	printf '%s\n' "$4" >>"$copy/$3"
	[ $# -lt 6 ] || printf '%s\n' "$6" >"$copy/$5"
	seen=$(sh "$0" "$copy" | sed -n 's/^not ok \([0-9]*\).*/\1/p' | tr '\n' ' ')
	if [ "$seen" = "$1 " ]; then report ok "$2 is found"; else report "not ok" "$2 is found (rules that failed: $seen)"; fi
	cat "$top/$3" >"$copy/$3"
	[ $# -lt 6 ] || rm "$copy/$5"
	case $3 in tests/*) rm -rf "${copy:?}/${3%/*}" ;; esac
}

if [ "$failed" -eq 0 ]; then
	plant 2 "an include that points up" src/base/buf.c '#include "socket/tcp_state.h"'
	plant 2 "an include of a sibling" src/net/calls.c '#	include  "view/row.h" // why not'
	plant 2 "an include past all layers" src/app/app.h '#include "options.h"'
	plant 3 "curses elsewhere" src/ui/pane.c '#include <ncurses.h>'
	plant 4 "readline elsewhere" src/command/command.c '#include <readline/history.h>'
	plant 5 "a socket call elsewhere" src/app/app.c 'int stray(int fd) { return listen(fd, 5); }'
	plant 5 "a call in a file that only asks" src/net/kernel.c 'int stray(int fd) { return setsockopt(fd, 0, 0, 0, 0); }'
	plant 5 "a question elsewhere" src/net/diag.c 'int stray(int fd) { return getsockopt(fd, 0, 0, 0, 0); }'
	plant 5 "data read by the wire" src/net/packet_ring.c 'long stray(int fd) { return recv(fd, 0, 0, 0); }'
	plant 5 "data sent by the sandbox" src/net/sandbox.c 'long stray(int fd) { return send(fd, 0, 0, 0); }'
	plant 5 "a socket made by the cable" src/net/cable_loop.c 'int stray(void) { return socket(1, 1, 0); }'
	plant 6 "a header of the tests" src/main.c '#include "support/tap.h"'
	plant 7 "the header that clashes" src/net/kernel.c '#include <linux/tcp.h>'
	plant 8 "a circle of two modules" src/base/buf.h '#include "base/escape.h"'
	plant 8 "a circle through three modules" src/base/alloc.h '#include "base/choice.h"'
	plant 8 "a circle through a second file of a module" src/socket/sockopt_table.c '#include "socket/endpoint.h"
#include "socket/planted.h"' src/socket/planted.h '#include "socket/sockopt.h"'
	plant 9 "a test of a lower layer that includes a higher one" tests/base/test_buf.c '#include "socket/endpoint.h"'
	plant 10 "OpenSSL elsewhere" src/net/tls_stream.c '#include <openssl/ssl.h>'
	plant 9 "a test that includes a sibling" tests/net/fixture.h '#include "view/view.h"'
fi

echo "1..$count"
exit $((failed > 0))
