# SPDX-License-Identifier: GPL-3.0-or-later
# A connection by its calls, one after the other, and what is said of each.
/socket tcp as s
/assert paused is yes
/assert state is CLOSED
/assert socket.calls = 1
/close
/assert @s.message is "closed before it was connected"
/fails /recv @s 1 with "session 1 is closed: /socket makes another"
/fails /reconnect @s with "session 1 was made step by step: /socket makes another"
/forget @s

# Without an address it is loopback; /backlog is 5, and the kernel lets one more wait.
/socket tcp as l
/bind 0
/assert message matches /^bound to 127\.0\.0\.1:[0-9]+ \(loopback only\)$/
/backlog
/assert message has "; 6 may wait (backlog 5; Linux adds one)"
/accept as child &
/assert accept.calls = 0
/socket tcp 4 as c
/connect localhost $l.port
/assert getaddrinfo.calls = 1
/assert message has " connected in "
/assert @l.accept.calls = 1 within 10s
/wait @child open
/assert @l.accept.took > 0
/assert @child.paused is yes
/send @c hi
/recv @child 9
/expect @child hi

# listen() again is another backlog, which the kernel may lower; a listener has no connection to reset.
/backlog @l 3
/assert @l.message has "; 4 may wait (backlog 3; Linux adds one)"
/backlog @l 1073741824
/assert @l.message matches / may wait \(backlog [0-9]{1,9};/
/fails /abort @l

# After a reset the socket of a client has no port any more, and may be bound again.
/abort @c
/fails /recv @child with "connection reset by peer (RST): recv() = -1 ECONNRESET"
/bind @child * 0
/assert @child.message has "bound to 0.0.0.0:"

# A name is given once; a listener that is resumed takes its clients by itself.
/accept @l as guest &
/open 127.0.0.1 $l.port as one
/wait @guest open
/fails /accept @l as guest with "session 6 has that name: guest"
/resume @l
/open 127.0.0.1 $l.port as two
/assert @l.clients = 3 within 5s

# Who can reach a socket that listens without bind(), or on every address.
/socket tcp
/backlog 5
/assert message matches /^listening on 0\.0\.0\.0:.*every IPv4 address of this machine.*without bind\(\) the kernel chose/
/socket tcp 4
/bind localhost 0
/assert message has "bound to 127.0.0.1:"
