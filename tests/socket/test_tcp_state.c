// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/tcp_state.h"

#include "socket/transport.h"
#include "support/tap.h"

static void states_have_names(void)
{
	is_text(tcp_state_name(STATE_FIN_WAIT2), "FIN_WAIT2", "a state has its name");
	is_text(tcp_state_name(STATE_CLOSED), "CLOSED", "the end has one");
	is_text(tcp_state_name(STATE_GONE), "CLOSED", "and no other where the row has gone");
	size_t unnamed = 0;
	for (uint64_t state = 0; state <= STATE_RESOLVING; state++)
		unnamed += *tcp_state_title((enum tcp_state)state) == '?';
	is_int(unnamed, 0, "every one of them has");
	is_text(tcp_state_name(STATE_RESOLVING), "?", "other numbers do not");
	is_text(tcp_state_name(UINT64_MAX), "?", "however large");
	ok(tcp_state_is_known(STATE_CLOSING) && !tcp_state_is_known(STATE_DATAGRAMS) &&
	           !tcp_state_is_known(STATE_FIN_WAIT),
	   "what only our calls tell is none of TCP's");
}

static void transports_have_names(void)
{
	enum transport transport = TRANSPORT_TCP;
	is_text(transport_name(TRANSPORT_UDP), "udp", "a transport has its name");
	is_text(transport_title(TRANSPORT_TCP), "TCP", "and its title");
	ok(transport_find("udp", 3, &transport) && transport == TRANSPORT_UDP, "it is found by it");
	ok(transport_find("TCP://", 3, &transport) && transport == TRANSPORT_TCP,
	   "in capitals too, and where more follows");
	ok(!transport_find("udp", 2, &transport) && !transport_find("udpx", 4, &transport) &&
	           !transport_find("", 0, &transport) && transport == TRANSPORT_TCP,
	   "other words find none");
}

int main(void)
{
	tap_watchdog(30);
	states_have_names();
	transports_have_names();
	return tap_done();
}
