# SPDX-License-Identifier: GPL-3.0-or-later
# The same within the sandbox: the address of the host stands for a wildcard one.
/skip unless sandbox
/set expect-time 10s
/sandbox on
/listen 0.0.0.0 0 echo on right as R
/open R as c
/assert @c.host is left
/assert @c.peer is 192.0.2.2:$R.port
/open R from right as own
/assert @own.host is right
/assert @own.open is yes
/listen 127.0.0.1 0 echo on right as inner
/open inner as i
/assert @i.host is right
/assert @i.peer is 127.0.0.1:$inner.port
/fails /open inner from left with "(inner) is at 127.0.0.1:$inner.port of right: left does not reach it"
/listen udp 0.0.0.0 0 echo on right as U
/socket udp on left as u
/resume
/to U ping
/expect @u ping
/listen 127.0.0.1 0 as here
/fails /open here from left with "of this machine: left does not reach it"
/socket tcp on left as s
/connect R
/assert @s.peer is 192.0.2.2:$R.port
/socket tcp as outside
/fails /connect R with "(R) is on right: session"

# A relay to a session on a loopback of the sandbox listens on that host.
/listen 0 echo on left as target
/relay 0 target as relay
/assert @relay.host is left
/open relay as passed
hello
/expect @passed hello within 10s
