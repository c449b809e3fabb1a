# SPDX-License-Identifier: GPL-3.0-or-later
# recv() by hand: it takes what it was asked for, and waits where there is nothing.
/socket tcp as l
/bind 0
/backlog
/accept as s &
/socket tcp as c
/connect 127.0.0.1 $l.port
/wait @s open
/send 0123456789
/assert @s.inq = 10 within 5s
/assert @s.recv.calls = 0
/recv @s 4
/assert @s.last.result = 4
/recv @s 4
/recv @s
/expect @s 0123456789
/assert @s.recv = 10
/assert @s.recv.calls = 3

# A call that waits is made once it can succeed; one program makes one call at a time.
/recv @s &
/assert @s.recv.calls = 3
/fails /recv @s 5 with "recv(1024) waits in session 3: Ctrl-C cancels it"
/fails /send @s x with "recv(1024) waits"
/fails /bind @s 0
/send hello
/expect @s hello
/assert @s.recv.calls = 4
/assert @s.last.took > 0

# To peek takes nothing; an urgent byte is beside the stream, and read once.
/send peekaboo
/assert @s.inq = 8 within 5s
/recv @s 4 peek
/assert @s.last.result = 4
/assert @s.recv = 15
/recv @s 8
/expect @s /^peekaboo/
/send abc
/urgent 0x21
/send def
/assert @s.inq >= 3 within 5s
/recv @s 100
/assert @s.last.result = 3
/recv @s 100 urgent
/assert @s.last.result = 1
/fails /recv @s 100 urgent
/recv @s 100
/expect @s "abcdef"
/assert @s.recv = 30

# A buffer without room is no end of file.
/send x
/wait @s readable
/recv @s 0
/assert @s.message is "recv(0) = 0: the buffer has 0 bytes, so this is no end of file"
/assert @s.fin is no
