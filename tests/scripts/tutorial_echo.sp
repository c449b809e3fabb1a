# SPDX-License-Identifier: GPL-3.0-or-later
# The tutorials' client and their echo server: the service, and then the calls of both ends by hand.
/listen 127.0.0.1 0 echo as service
/open 127.0.0.1 $service.port as client
/send Hello, server!
/expect "Hello, server!"
/send 안녕하세요, 서버! 소켓
/expect "안녕하세요, 서버! 소켓"
/close

/socket tcp as server
/bind 127.0.0.1 0
/backlog 1
/socket tcp as caller
/connect 127.0.0.1 $server.port
/accept @server as child
/send @caller Hello, server!
/recv @child 1024
/expect @child "Hello, server!"
/send @child Hello, server!
/recv @caller 1024
/expect @caller "Hello, server!"
/close @caller
/recv @child 1024
/assert @child.last.result = 0
/close @child
/close @server
