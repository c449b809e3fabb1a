# SPDX-License-Identifier: GPL-3.0-or-later
# What /expect takes, and what it leaves for the next one.
/set expect-time 5s
/listen 127.0.0.1 0 echo as server
/open 127.0.0.1 $server.port as c
/send abcabd
/expect /b[cd]/
/expect /^abd$|^abd/
/expect not /abd/ within 50ms
/send one
/expect one from c
/try /expect one within 50ms from @c
/assert recv = 9
/send two
/expect not three within 300ms
/expect two
# A NUL byte is one, in pieces, too; $ is the end of a line, or of the stream.
/socket tcp as l
/bind 127.0.0.1 0
/backlog 2
/open 127.0.0.1 $l.port as text
/accept @l as first
/open 127.0.0.1 $l.port as regexp
/accept @l as second
/loop 2
  /send @first a\0b
  /send @second a\0b
  /wait @text readable
  /wait @regexp readable
  /send @first c
  /send @second c
/end
/close @second
/expect @text "a\0bca\0bc"
/expect @regexp /a\0[a-c]{2}$/
