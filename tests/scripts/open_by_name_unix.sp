# SPDX-License-Identifier: GPL-3.0-or-later
# The same of UNIX sockets, whose other words are paths.
/set expect-time 10s
/listen udp 127.0.0.1 0 as unique
/let NAME $unique.port
/listen unix:@sockpit-by-name-$NAME echo as A
/open A as a
hello
/expect @a hello
/listen unixgram:@sockpit-by-name-gram-$NAME echo as G
/open G as g
/assert @g.open is yes
/socket unix as s
/connect A
/assert @s.open is yes
/fails /connect ./A
/fails /open unix A
