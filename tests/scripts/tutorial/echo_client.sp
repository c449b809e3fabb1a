# SPDX-License-Identifier: GPL-3.0-or-later
# Against the tutorials' echo server, which --let port names.
/open 127.0.0.1 $port as client
one
/expect "one\n" from client
안녕하세요, 서버! 소켓
/expect "안녕하세요, 서버! 소켓\n"
three
/expect "three\n"
/shutdown write
/assert fin is yes within 5s
