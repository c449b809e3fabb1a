# SPDX-License-Identifier: GPL-3.0-or-later
# What /expect takes, what it leaves for the next one, and what it says where it fails.
/listen 127.0.0.1 0 echo as server
/open 127.0.0.1 $server.port as c
/send abcabd
/expect /b[cd]/
/expect /^abd$|^abd/
/expect not /abd/ within 50ms
/send one
/expect one from c
/fails /expect one within 50ms from @c with "expected \"one\" within 50.0 ms, got nothing"
/assert recv = 9
/fails /expect @server two from @c with "@server and from @c are two sessions"
/send gone
/wait readable
/fails /expect not gone within 1h with "did not expect \"gone\", after "
/assert took < 1m
/expect gone
/send two
/expect not three within 300ms
/assert took >= 300ms
/expect two
/set expect-time 100ms
/fails /expect x with "expected \"x\" within 100 ms, got nothing"
/set expect-time 5s

# At the peer's FIN nothing more can come; a text says how far it was right, and what came is shown safely.
/socket tcp as l
/bind 127.0.0.1 0
/backlog
/loop case in lines nearly odd text regexp
  /open 127.0.0.1 $l.port as $case
  /accept @l as p_$case
/end
/send @p_lines 220-one\r\n220 two ready\r\n250 ok\r\n
/expect @lines /^220 .*$/
/expect @lines "ok\r\n"
/send @p_nearly Hello, world\n
/close @p_nearly
/fails /expect @nearly /wurld/ with "expected /wurld/ before the peer's FIN, got \"Hello, world\\n\" (13 bytes)"
/fails /expect @nearly "Hello, wurld" with "(13 bytes); after \"Hello, w\" comes \"orld\\n\""
/send @p_odd \x1b[31m\xff\n
/close @p_odd
/fails /expect @odd never with "got \"\\x1b[31m\\xff\\n\" (7 bytes)"

# A NUL byte is one, in pieces, too; $ is the end of a line, or of the stream.
/loop 2
  /send @p_text a\0b
  /send @p_regexp a\0b
  /wait @text readable
  /wait @regexp readable
  /send @p_text c
  /send @p_regexp c
/end
/close @p_regexp
/expect @text "a\0bca\0bc"
/expect @regexp /a\0[a-c]{2}$/
