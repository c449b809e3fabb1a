# SPDX-License-Identifier: GPL-3.0-or-later
# The hosts left and right: ports below 1024, both families, on whose loopback; what is outside stays as it is.
/skip unless sandbox
/fails /open 127.0.0.1 80 from left with "left is a host of the sandbox, which is off: /sandbox on or --sandbox makes it"
/fails /listen right:80 with "right is a host of the sandbox, which is off"
/fails /set left.tcp_sack with "left.tcp_sack: the sandbox is off: /sandbox on"
/listen 127.0.0.1 0 echo as outside
/sandbox on
/open 127.0.0.1 $outside.port as here
hello
/expect hello
/assert @here.host is here
/listen 192.0.2.2 7 echo as four
/assert @four.host is right
/open 192.0.2.2 7 as c4
hello
/expect hello
/assert @c4.host is left
/assert @c4.peer is 192.0.2.2:7
/open right:7 from right as same
/assert @same.host is right
/assert @same.peer is 192.0.2.2:7
/listen 2001:db8::2 7 echo as six
/open 2001:db8::2 7 as c6
hello
/expect hello
# A port that is taken on this machine is free on both hosts, and theirs.
/fails /listen 127.0.0.1 $outside.port with "EADDRINUSE"
/listen 127.0.0.1:$outside.port echo on left as l
/listen 127.0.0.1:$outside.port echo on right as r
/open 127.0.0.1:$outside.port on left as near
/assert @near.host is left
/assert @l.clients = 1 within 5s
/assert @outside.clients = 1
# Off is refused while a session lives there, and on again as it was made.
/fails /sandbox off with "the sandbox stays on: sessions live there, close them first: 5 four on right, "
/assert @four.state is LISTEN
/close @c4
/close @same
/close @c6
/close @near
/assert @four.clients = 0 within 5s
/assert @six.clients = 0 within 5s
/assert @l.clients = 0 within 5s
/close @four
/close @six
/close @l
/close @r
/sandbox off
/fails /reconnect @four with "right is a host of the sandbox, which is off: /sandbox on or --sandbox makes it"
/sandbox on
/reconnect @four
/assert @four.message is "listening on right 192.0.2.2:7"
/fails /set left.tcp_nothing 1 with "left has no sysctl tcp_nothing"
