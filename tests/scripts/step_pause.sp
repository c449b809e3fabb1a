# SPDX-License-Identifier: GPL-3.0-or-later
# A service does not see what a person reads by hand, but has its due once it is resumed.
/listen 127.0.0.1 0 hello as server
/pause
/open 127.0.0.1 $server.port as client
/wait @server readable
/assert @server.accept.calls = 0
/accept @server as guest
/assert @guest.paused is yes
/shutdown @client write
/wait @guest readable
/recv @guest 10
/assert @guest.open is yes
/assert @guest.sends = 0
/resume @guest
/expect @client "Hello from sockpit!\n"
/assert @client.fin is yes within 5s
/resume @server
/open 127.0.0.1 $server.port as next
/expect "Hello from sockpit!\n"
