// SPDX-License-Identifier: GPL-3.0-or-later
#include "socket/sysctl.h"

#include <stddef.h>

const struct sysctl sysctl_table[] = {
	{ "tcp_congestion_control", "the algorithm of new sockets: reno, cubic, bbr …" },
	{ "tcp_syn_retries", "how often connect() sends SYN again" },
	{ "tcp_syn_linear_timeouts",
	  "how many SYNs are sent again a second apart, before the wait doubles" },
	{ "tcp_synack_retries", "how often a listener sends SYN,ACK again" },
	{ "tcp_rto_min_us", "the smallest retransmission timeout, microseconds" },
	{ "tcp_rto_max_ms", "the greatest retransmission timeout, milliseconds" },
	{ "tcp_retries2", "how often data is sent again before the connection is given up" },
	{ "tcp_orphan_retries", "how often data is sent again after close(); 0 = 8" },
	{ "tcp_abort_on_overflow", "1: a full accept queue answers with RST" },
	{ "tcp_max_syn_backlog", "how many connections may be in SYN_RECV" },
	{ "core.somaxconn", "the largest backlog that listen() takes" },
	{ "tcp_syncookies", "1: SYN cookies when the SYN queue is full; 0: none; 2: always" },
	{ "tcp_fastopen", "1: clients may send data with SYN; 2: servers may take it; 3: both" },
	{ "tcp_sack", "1: selective acknowledgements; 0: none" },
	{ "tcp_dsack", "1: what came twice is reported by SACK" },
	{ "tcp_timestamps", "1: the timestamps option, RFC 7323; 0: none" },
	{ "tcp_window_scaling", "1: windows above 65535 bytes" },
	{ "tcp_ecn", "1: asks for ECN; 2: uses it if the peer asks; 0: never" },
	{ "tcp_rmem", "receive buffer: smallest, initial and largest size in bytes" },
	{ "tcp_wmem", "send buffer: smallest, initial and largest size in bytes" },
	{ "tcp_moderate_rcvbuf", "1: the receive buffer grows by itself" },
	{ "tcp_slow_start_after_idle", "1: slow start again after a pause" },
	{ "tcp_early_retrans", "3: tail loss probes; 0: none" },
	{ "tcp_recovery", "1: RACK finds losses by time; 0: only by duplicate ACKs" },
	{ "tcp_reordering", "how many duplicate ACKs count as a loss, at first" },
	{ "tcp_frto", "2: a timeout that was too early is undone; 0: never" },
	{ "tcp_no_metrics_save", "1: nothing is remembered of a peer for the next connection" },
	{ "tcp_autocorking", "1: small writes wait while an earlier segment is still queued here" },
	{ "tcp_fin_timeout", "seconds in FIN_WAIT2 after close()" },
	{ "tcp_tw_reuse", "1: connect() may take a port in TIME_WAIT; 2: on loopback; 0: never" },
	{ "tcp_keepalive_time", "seconds of silence before the first keepalive probe" },
	{ "tcp_keepalive_intvl", "seconds between two keepalive probes" },
	{ "tcp_keepalive_probes", "how many keepalive probes without an answer end the connection" },
	{ "tcp_mtu_probing", "1: looks for a smaller MSS where large segments vanish; 2: always" },
	{ "tcp_base_mss", "the MSS with which tcp_mtu_probing begins" },
	{ "ip_default_ttl", "TTL of what is sent" },
	{ "ip_no_pmtu_disc", "1: DF is not set" },
	{ "ip_local_port_range", "first and last of the ports that the kernel chooses from" },
	{ "icmp_ratelimit", "milliseconds between two ICMP errors to one address; 0: no limit" },
	{ NULL, NULL },
};

static const char *name_at(const void *context, size_t index)
{
	(void)context;
	return sysctl_table[index].name;
}

const struct choice sysctl_names = { .name = name_at };
