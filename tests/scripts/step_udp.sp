# SPDX-License-Identifier: GPL-3.0-or-later
# Datagrams call by call: cut, empty, and late.
/socket udp as deaf
/try /recv 9 &
/assert message has "no port"
/close
/socket udp as u
/bind 0
/open udp 127.0.0.1 $u.port as peer
/send 0123456789
/send
/wait @u readable
/recv @u 4 peek
/recv @u 4
/assert @u.last.result = 10
/assert @u.peers = 1
/recv @u 4 waitall
/assert @u.last.result = 0
/assert @u.recvs = 2
/send @u answer
/expect @peer answer
/recv @u &
/send @peer late
/expect @u late
