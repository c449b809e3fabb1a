# SPDX-License-Identifier: GPL-3.0-or-later
# Against the tutorials' UDP server, whose recvfrom() takes 200 bytes of a datagram.
/open udp 127.0.0.1 $port as client
ping
/expect /^ping\n$/
안녕하세요, 서버! 소켓
/expect "안녕하세요, 서버! 소켓\n"
/fill 300
/wait readable
/assert last.result = 200
