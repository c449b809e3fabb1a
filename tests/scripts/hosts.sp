# SPDX-License-Identifier: GPL-3.0-or-later
# Datagrams between left and right, and what is refused there.
/skip unless sandbox
/set expect-time 5s
/sandbox on
/listen udp 0.0.0.0 9000 echo on right as far
/assert @far.host is right
/open udp right:9000 as question
/assert @question.peer is 192.0.2.2:9000
ping of left
/expect /^ping of left$/
/listen udp left:9001 as nearer
/assert @nearer.local is 192.0.2.1:9001
/to right:9000 by name
/expect /^by name$/
/open udp right:9999 as refused
nobody
/assert icmp_errors = 1 within 5s
/assert message has "ICMP port unreachable (3/3) from 192.0.2.2"
/try /open right:81 as none
/assert @none.connect.errno is ECONNREFUSED
/socket udp on left as bound
/option bindtodevice left
/try /option bindtodevice eth9
/assert last.errno is ENODEV
