# SPDX-License-Identifier: GPL-3.0-or-later
# The tutorials' UDP echo, whose recvfrom() takes 200 bytes of a datagram: the rest is lost.
/socket udp as server
/bind 127.0.0.1 0
/open udp 127.0.0.1 $server.port as client
/send @client 안녕하세요, 서버! 소켓
/recv @server 200
/expect @server /^안녕하세요, 서버! 소켓$/
/to @server 0 안녕하세요, 서버! 소켓
/expect @client /^안녕하세요, 서버! 소켓\n$/
/fill @client 300
/assert @server.inq = 300 within 5s
/recv @server 200
/assert @server.last.result = 300
# With itself as its peer it hears nobody else, as if closed, and keeps the port.
/connect @server 127.0.0.1 $server.port
/send @client anybody?
/assert @client.icmp_errors = 1 within 5s
