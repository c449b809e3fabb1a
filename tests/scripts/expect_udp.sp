# SPDX-License-Identifier: GPL-3.0-or-later
# Each datagram is searched by itself.
/listen udp 127.0.0.1 0 echo as server
/open udp 127.0.0.1 $server.port as c
/send ab
/send cd
/expect /^ab$/ from c
/expect /^cd$/ from c
/expect not bc within 50ms from c
/send abcd
/expect not /^bcd/ within 50ms from c
/expect abcd
/set eol none
/send ab
/send cd
/assert @c.recvs = 5 within 5s
/fails /expect bc within 200ms with "got \"abcd\" (4 bytes)"
