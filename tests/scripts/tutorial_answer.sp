# SPDX-License-Identifier: GPL-3.0-or-later
# The tutorials' server that accepts one client, reads, answers and goes.
/socket tcp as server
/bind 127.0.0.1 0
/backlog 1
/accept as child &
/open 127.0.0.1 $server.port as client
/wait @child open
hi there
/recv @child 1024
/expect @child "hi there"
/send @child Hello, i'm server!
/close @child
/close @server
/expect @client /^Hello, i'm server!$/
/assert @client.state is CLOSE_WAIT within 5s
/close @client
/try /reconnect @client
/assert @client.last.errno is ECONNREFUSED
