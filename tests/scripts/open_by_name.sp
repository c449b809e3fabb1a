# SPDX-License-Identifier: GPL-3.0-or-later
# The name of one of our own sessions where an address is meant.
/set expect-time 10s
/listen 127.0.0.1 0 echo as S
/open S as c
/assert @c.peer is 127.0.0.1:$S.port
hello
/expect @c hello
/open @S as d
/assert @d.peer is 127.0.0.1:$S.port
/open tcp S as e
/assert @e.open is yes
/fails /open udp S with "session 1 (S) is TCP: leave out \"udp\""
/fails /open c with "session 2 (c) is a client: only a listener or a datagram socket is reached by its name"
/fails /open @2 with "is a client"
/fails /open S 80 with "S"

# Its kind follows: datagrams.
/listen udp 127.0.0.1 0 echo as U
/open U as u
/assert @u.state is UDP
/assert @u.peer is 127.0.0.1:$U.port
ping
/expect @u ping

# Of a wildcard address it is the loopback.
/listen 0.0.0.0 0 as every
/open every as w
/assert @w.peer is 127.0.0.1:$every.port

# A socket that is bound and does not listen has an address, too; one that is not bound has none.
/socket tcp as bound
/fails /open bound with "(bound) has no local address yet"
/bind 127.0.0.1 0
/try /open bound as refused
/assert @refused.connect.errno is ECONNREFUSED

# /connect, and its family.
/socket tcp as x
/connect S
/assert @x.peer is 127.0.0.1:$S.port
/socket tcp as y
/connect @y @S
/assert @y.state is ESTABLISHED
/socket tcp as z
/fails /connect U with "(U) is UDP, and session"
/fails /connect c with "is a client"
/socket udp as q
/connect U
/assert @q.peer is 127.0.0.1:$U.port

# /to
/socket udp as t
/bind 127.0.0.1 0
/resume
/to U by name
/expect @t "by name"
/to @t @U
/fails /to S x with "(S) is TCP, and session"

# A target of this name wins for /open, and @ is the session all the same.
/target S 127.0.0.1:$every.port
/open S as by_target
/assert @by_target.peer is 127.0.0.1:$every.port
/open @S as by_session
/assert @by_session.peer is 127.0.0.1:$S.port
/target S off

# A closed listener has the address still: nobody is there.
/close @S
/try /open S as nobody
/assert @nobody.connect.errno is ECONNREFUSED

/skip unless ipv6
/listen 0 echo as both
/socket tcp 6 as six
/connect both
/assert @six.peer is [::1]:$both.port
/open both as four
/assert @four.peer is 127.0.0.1:$both.port

# And where a relay passes on to.
/listen 0 echo as target
/listen udp 0 echo as target_u
/relay 0 target as relay
/open relay as passed
hello
/expect @passed hello
/relay udp 0 @target_u as relay_u
/open relay_u as passed_u
ping
/expect @passed_u ping
/fails /relay 0 target_u with "TCP cannot be relayed to UDP"
/fails /relay 0 c with "is a client"
