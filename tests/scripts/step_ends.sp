# SPDX-License-Identifier: GPL-3.0-or-later
# FIN and RST by hand: nothing is noticed before a call meets it, and close() is left to the person.
/socket tcp as l
/bind 0
/backlog
/loop case in fin reset late waits
  /socket tcp as c_$case
  /connect 127.0.0.1 $l.port
  /accept @l as $case
/end

/shutdown @c_fin write
/assert @fin.state is CLOSE_WAIT within 5s
/assert @fin.fin is no
/recv @fin 10
/assert @fin.message is "peer closed its side (FIN): recv() = 0"
/assert @fin.fin is yes
/recv @fin 10
/assert @fin.message is "recv() = 0: end of file, as before"
/shutdown @fin write
/assert @fin.open is yes
/assert @fin.state is CLOSED within 5s
/fails /send @fin x with "send(1) = -1 EPIPE: this side is closed, FIN has been sent"
/resume @fin
/wait @fin closed

# What came before a reset is read first; after it recv() returns 0, which is no FIN.
/send @c_reset legacy
/assert @reset.inq = 6 within 5s
/abort @c_reset
/assert @reset.open is yes
/recv @reset 100
/expect @reset legacy
/fails /recv @reset 100 with "connection reset by peer (RST): recv() = -1 ECONNRESET"
/loop 2
  /recv @reset 100
  /assert @reset.message is "recv() = 0: after a reset nothing more comes"
  /assert @reset.fin is no
/end
/fails /connect @reset 127.0.0.1 $l.port with "EISCONN"
/fails /send @reset x with "send(1) = -1 EPIPE: the connection had been reset before"
/resume @reset
/wait @reset closed

# The first send() after the peer's close() succeeds, and is answered by RST.
/close @c_late
/wait @late readable
/recv @late 100
/send @late 1
/assert @late.state is CLOSED within 5s
/try /send @late 2
/assert @late.message is "connection reset by peer (RST) some time ago: send() = -1 EPIPE"
/recv @late 100
/assert @late.message is "recv() = 0: end of file, as before"
/assert @late.open is yes

# RST ends a recv() that waits.
/fails /recv @waits 100 with "connection reset by peer (RST): recv() = -1 ECONNRESET" &
/abort @c_waits
/assert @waits.recv.errno is ECONNRESET within 5s
/assert @waits.open is yes
