# SPDX-License-Identifier: GPL-3.0-or-later
# What servers do with what they read: discard, hello, echo, and none; a client's session is the next number.
/listen 127.0.0.1 0 discard as sink
/open 127.0.0.1 $sink.port
/send into the void
/assert @3.recv = 13 within 5s
/shutdown write
/wait closed
/wait @3 closed
/assert @3.sent = 0

# hello greets, sends FIN, and reads what comes, or RST would follow.
/listen 127.0.0.1 0 hello as greeter
/open 127.0.0.1 $greeter.port as guest
/send not read by anybody
/expect "Hello from sockpit!\n"
/assert @6.state is FIN_WAIT2 within 5s
/assert @6.recv = 19 within 5s
/close @guest
/wait @6 closed
/listen udp 127.0.0.1 0 hello as greeter_udp
/open udp 127.0.0.1 $greeter_udp.port
/loop 2
  /send x
  /expect /^Hello from sockpit!$/
/end

# Each peer of UDP gets its own datagrams back; an empty one is one, and the largest comes back whole.
/listen udp 127.0.0.1 0 echo as echo
/loop 20
  /open udp 127.0.0.1 $echo.port as u$loop
  /send one from $loop
  /send two from $loop
/end
/loop 20
  /expect @u$loop "one from $loop"
  /expect @u$loop "two from $loop"
/end
/assert @echo.peers = 20
/send @u1
/assert @u1.recvs = 3 within 5s
/assert @u1.last.result = 0
/fill @u1 65507
/assert @u1.last.result = 65507 within 5s

# A server changes its service, for those who are there, too; one client's may be changed alone.
/listen 127.0.0.1 0 none as server
/open 127.0.0.1 $server.port as first
/send 1
/assert @32.recv = 1 within 5s
/assert @32.sends = 0
/service @server echo
/assert @server.service is echo
/send @first 2
/expect @first 2
/service @32 none
/open 127.0.0.1 $server.port as later
/send 3
/expect 3
