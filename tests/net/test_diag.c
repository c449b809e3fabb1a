// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/diag.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/peer.h"
#include "support/tap.h"

static const struct endpoint nobody = { .family = AF_UNSPEC };
static struct diag *diag;

struct pair {
	int listener, client, server;
	struct endpoint here, there; /* the client's end, the server's */
};

static struct pair accept_pair(int listener, int family)
{
	struct pair pair = { .listener = listener };
	pair.client = peer_connect(family, peer_port(listener), PEER_MS);
	pair.server = peer_accept(listener, PEER_MS);
	pair.here = peer_addr(pair.client);
	pair.there = peer_addr(pair.server);
	return pair;
}

static struct pair make_pair(int family)
{
	return accept_pair(peer_listen(family, 5), family);
}

static void end_pair(struct pair *pair)
{
	int fds[] = { pair->listener, pair->client, pair->server };
	peer_close_all(fds, 3);
}

static void end(int *fd)
{
	close(*fd);
	*fd = -1;
}

static struct sample find(const struct endpoint *local, const struct endpoint *peer)
{
	struct sample sample = { 0 };
	if (diag_find(diag, local, peer, &sample) != DIAG_FOUND)
		sample_set(&sample, SAMPLE_STATE, STATE_GONE);
	return sample;
}

/* Asks until the field has this value. */
static bool comes_to(const struct endpoint *local, const struct endpoint *peer,
                     enum sample_field field, uint64_t value, struct sample *sample)
{
	int64_t deadline = clock_now() + PEER_MS * CLOCK_MS;
	do {
		*sample = find(local, peer);
		if (sample_has(sample, field) && sample->value[field] == value)
			return true;
	} while (clock_now() < deadline);
	return false;
}

static void finds_connections(int family, const char *name)
{
	struct pair pair = make_pair(family);
	struct sample sample = find(&pair.here, &pair.there);
	ok(sample_is(&sample, STATE_ESTABLISHED), "%s: the client's end", name);
	ok(sample_has(&sample, SAMPLE_TIMER) && sample.value[SAMPLE_TIMER] == TIMER_OFF &&
	           !sample_has(&sample, SAMPLE_TIMER_LEFT),
	   "%s: without a timer", name);
	peer_send(pair.client, "hello", 5, PEER_MS);
	ok(comes_to(&pair.there, &pair.here, SAMPLE_INQ, 5, &sample),
	   "%s: the server's end, with five bytes to read", name);
	struct endpoint other = pair.here;
	other.port ^= 1;
	other.ip[3] ^= 1;
	sample = find(&other, &pair.there);
	ok(sample_is(&sample, STATE_GONE), "%s: what is not there is gone", name);
	end_pair(&pair);
}

static void follows_after_close(void)
{
	struct pair pair = make_pair(AF_INET);
	struct sample now;
	end(&pair.client);
	ok(comes_to(&pair.here, &pair.there, SAMPLE_STATE, STATE_FIN_WAIT2, &now),
	   "closed by one side it is in FIN_WAIT2, though no descriptor leads there");
	/* by the other timer where the ACK came while close() was at work */
	ok((sample_get(&now, SAMPLE_TIMER) == TIMER_TIMEWAIT ||
	    sample_get(&now, SAMPLE_TIMER) == TIMER_KEEPALIVE) &&
	           sample_get(&now, SAMPLE_TIMER_LEFT) > 0,
	   "and will be given up some time");
	now = find(&pair.there, &pair.here);
	ok(sample_is(&now, STATE_CLOSE_WAIT), "the other end is in CLOSE_WAIT");
	ok(sample_has(&now, SAMPLE_INQ) && now.value[SAMPLE_INQ] == 0,
	   "where the FIN is no byte to read");
	end(&pair.server);
	ok(comes_to(&pair.here, &pair.there, SAMPLE_STATE, STATE_TIME_WAIT, &now),
	   "closed by both, who was first is in TIME_WAIT");
	uint64_t left = sample_get(&now, SAMPLE_TIMER_LEFT);
	ok(sample_get(&now, SAMPLE_TIMER) == TIMER_TIMEWAIT && left > 1000000 &&
	           left <= UINT64_C(600000000),
	   "for so many seconds");
	ok(comes_to(&pair.there, &pair.here, SAMPLE_STATE, STATE_GONE, &now),
	   "and the other end is gone, though its listener is there");
	end_pair(&pair);
}

/* A descriptor says CLOSED there; everything else that is known stays. */
static void corrects_close(void)
{
	struct pair pair = make_pair(AF_INET);
	struct sample now = { 0 };
	peer_half_close(pair.client);
	peer_half_close(pair.server);
	comes_to(&pair.here, &pair.there, SAMPLE_STATE, STATE_TIME_WAIT, &now);
	struct sample known = { 0 };
	sample_set(&known, SAMPLE_STATE, STATE_CLOSED);
	sample_set(&known, SAMPLE_INQ, 77);
	is_int(diag_find(diag, &pair.here, &pair.there, &known), DIAG_FOUND, "it is found");
	ok(sample_is(&known, STATE_TIME_WAIT), "TIME_WAIT is known by its row alone");
	is_int(known.value[SAMPLE_INQ], 77, "what was read before stays");
	sample_set(&known, SAMPLE_STATE, STATE_ESTABLISHED);
	diag_find(diag, &pair.here, &pair.there, &known);
	ok(sample_is(&known, STATE_ESTABLISHED), "and so does any other state");
	end_pair(&pair);
}

static void sees_persist(void)
{
	static char bytes[200000];
	struct pair pair = accept_pair(peer_listen_small(AF_INET, 2000), AF_INET);
	struct sample now;
	ok(send(pair.client, bytes, sizeof bytes, MSG_DONTWAIT) > 0, "more than the peer takes");
	ok(comes_to(&pair.here, &pair.there, SAMPLE_TIMER, TIMER_PERSIST, &now),
	   "a closed window is asked for by the persist timer");
	ok(sample_has(&now, SAMPLE_TIMER_LEFT) && sample_get(&now, SAMPLE_OUTQ) > 0,
	   "while bytes wait");
	uint64_t waiting = sample_get(&now, SAMPLE_OUTQ);
	end(&pair.client);
	now = find(&pair.here, &pair.there);
	ok(sample_is(&now, STATE_FIN_WAIT1), "closed with bytes to send it is in FIN_WAIT1");
	ok(sample_get(&now, SAMPLE_OUTQ) <= waiting && sample_get(&now, SAMPLE_OUTQ) > 0,
	   "where the FIN is no byte to send");
	end_pair(&pair);
}

/* The peer has sent its FIN and reads nothing: ours waits after bytes that cannot leave. */
static void sees_last_ack(void)
{
	static char bytes[200000];
	struct pair pair = accept_pair(peer_listen_small(AF_INET, 2000), AF_INET);
	struct sample now;
	peer_half_close(pair.server);
	ok(comes_to(&pair.here, &pair.there, SAMPLE_STATE, STATE_CLOSE_WAIT, &now),
	   "the peer has sent its FIN");
	ssize_t sent = send(pair.client, bytes, sizeof bytes, MSG_DONTWAIT);
	now = find(&pair.here, &pair.there);
	uint64_t waiting = sample_get(&now, SAMPLE_OUTQ);
	end(&pair.client);
	now = find(&pair.here, &pair.there);
	ok(sent > 0 && sample_is(&now, STATE_LAST_ACK), "closed after that, it is in LAST_ACK");
	ok(sample_has(&now, SAMPLE_INQ) && now.value[SAMPLE_INQ] == 0, "with no byte to read");
	ok(waiting && sample_get(&now, SAMPLE_OUTQ) <= waiting, "and none more to send");
	end_pair(&pair);
}

static void sees_a_syn(void)
{
	int fill[PEER_FILL];
	int listener = peer_blackhole(AF_INET, fill);
	struct sockaddr_storage to;
	struct endpoint there = peer_addr(listener);
	socklen_t len = endpoint_to_sockaddr(&there, &to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ok(connect(fd, (struct sockaddr *)&to, len) < 0 && errno == EINPROGRESS,
	   "a SYN meets a full queue");
	struct endpoint here = peer_addr(fd);
	struct sample now;
	ok(comes_to(&here, &there, SAMPLE_STATE, STATE_SYN_SENT, &now), "it is in SYN_SENT");
	ok(sample_get(&now, SAMPLE_TIMER) == TIMER_RETRANSMIT &&
	           sample_has(&now, SAMPLE_RETRANSMITS),
	   "and will be sent again");
	close(fd);
	close(listener);
	peer_close_all(fill, PEER_FILL);
}

static void finds_listeners(int family, const char *name)
{
	int listener = peer_listen(family, 3);
	struct endpoint here = peer_addr(listener);
	struct sample now = find(&here, &nobody);
	ok(sample_is(&now, STATE_LISTEN) && !sample_has(&now, SAMPLE_INQ), "%s listens", name);
	is_int(sample_get(&now, SAMPLE_BACKLOG), 3, "three may wait");
	int client = peer_connect(family, here.port, PEER_MS);
	ok(comes_to(&here, &nobody, SAMPLE_QUEUE, 1, &now), "one does");
	struct endpoint own = peer_addr(client);
	ok(comes_to(&here, &own, SAMPLE_STATE, STATE_ESTABLISHED, &now),
	   "who waits is found, though nobody has a descriptor");
	close(client);
	peer_refuse(listener);
	now = find(&here, &nobody);
	ok(sample_is(&now, STATE_GONE), "%s: what listens no more is gone", name);
	close(listener);
}

/* An IPv6 socket of an IPv4 client, asked for by either form. */
static void finds_mapped(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	int off = 0, fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) || listen(fd, 5)) {
		tap_skip("no IPv6");
		return;
	}
	struct endpoint wild = peer_addr(fd);
	struct sample now = find(&wild, &nobody);
	ok(sample_is(&now, STATE_LISTEN), "a listener on every address of both families");
	struct pair pair = accept_pair(fd, AF_INET);
	is_int(pair.there.family, AF_INET6, "its end of an IPv4 connection is an IPv6 address");
	struct endpoint mapped = { .family = AF_INET6, .port = pair.here.port, .ip = { 0 } };
	mapped.ip[10] = mapped.ip[11] = 0xff;
	memcpy(mapped.ip + 12, pair.here.ip, 4);
	now = find(&pair.there, &mapped);
	ok(sample_is(&now, STATE_ESTABLISHED), "it is found by it");
	struct endpoint four = { .family = AF_INET, .port = pair.there.port };
	memcpy(four.ip, pair.there.ip + 12, 4);
	now = find(&pair.here, &four);
	ok(sample_is(&now, STATE_ESTABLISHED), "and the client by its own");
	end_pair(&pair);
}

static void refuses_nonsense(void)
{
	struct sample sample = { 0 };
	struct endpoint here = { .family = AF_INET, .port = 1, .ip = { 127, 0, 0, 1 } };
	is_int(diag_find(NULL, &here, &here, &sample), DIAG_UNAVAILABLE,
	       "without an instrument nothing is said");
	is_int(diag_find(diag, &nobody, &here, &sample), DIAG_UNAVAILABLE, "nor of no address");
	is_int(sample.present, 0, "and nothing is filled in");
	diag_free(NULL);
	size_t gone = 0;
	for (int i = 0; i < 3000; i++)
		gone += diag_find(diag, &here, &here, &sample) == DIAG_GONE;
	is_int(gone, 3000, "every question is answered at once, however many there are");
}

int main(void)
{
	tap_watchdog(30);
	diag = diag_new(NULL, HOST_HERE);
	if (!diag) {
		tap_skip("no sock_diag here");
		return tap_done();
	}
	finds_connections(AF_INET, "IPv4");
	finds_listeners(AF_INET, "IPv4");
	if (peer_has_ipv6()) {
		finds_connections(AF_INET6, "IPv6");
		finds_listeners(AF_INET6, "IPv6");
	}
	finds_mapped();
	follows_after_close();
	corrects_close();
	sees_persist();
	sees_last_ack();
	sees_a_syn();
	refuses_nonsense();
	diag_free(diag);
	return tap_done();
}
