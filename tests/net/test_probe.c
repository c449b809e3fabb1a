// SPDX-License-Identifier: GPL-3.0-or-later
/* What the kernel said around each call, between the calls, and after close(). */
#include "net/probe.h"

#include <errno.h>
#include <poll.h>

#include "net/fixture.h"
#include "net/lingering.h"
#include "net/probe_timer.h"
#include "net/reconnect.h"
#include "net/session_internal.h"
#include "net/step.h"

/* ---- questions ---- */

/* The newest entry of a session that is this call. */
static uint64_t find_call(const struct fixture *f, const struct session *session, enum call call)
{
	uint64_t at = transcript_last(f->transcript, session_number(session));
	while (at != TRANSCRIPT_NONE && transcript_at(f->transcript, at)->call != call)
		at = transcript_before(f->transcript, at);
	return at;
}

/* The reading after the newest such call; an empty one where there is none. */
static struct sample after(const struct fixture *f, const struct session *session, enum call call)
{
	struct sample sample = { 0 };
	if (!sample_after(f->transcript, find_call(f, session, call), &sample))
		sample.present = 0;
	return sample;
}

/* And the one directly before it. */
static struct sample before(const struct fixture *f, const struct session *session, enum call call)
{
	struct sample sample = { 0 };
	uint64_t at = transcript_before(f->transcript, find_call(f, session, call));
	const struct entry *entry = transcript_at(f->transcript, at);
	if (!entry || entry->arg != SAMPLE_BEFORE || !sample_unpack(entry, &sample))
		sample.present = 0;
	return sample;
}

static int count_readings(const struct fixture *f, const struct session *session,
                          enum sample_when when)
{
	int count = 0;
	uint64_t at = transcript_last(f->transcript, session_number(session));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		count += entry->call == CALL_SAMPLE && entry->arg == (int32_t)when;
	}
	return count;
}

/* How often the state has changed. */
static int count_changes(const struct fixture *f, const struct session *session)
{
	int count = 0;
	struct sample sample;
	uint64_t at = transcript_last(f->transcript, session_number(session));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at))
		count += sample_unpack(transcript_at(f->transcript, at), &sample) &&
		         sample_has(&sample, SAMPLE_OLD_STATE);
	return count;
}

/* A reading of this state was written down for this reason. */
static bool was_in(const struct fixture *f, const struct session *session, enum sample_when when,
                   enum tcp_state state)
{
	struct sample sample;
	uint64_t at = transcript_last(f->transcript, session_number(session));
	for (; at != TRANSCRIPT_NONE; at = transcript_before(f->transcript, at)) {
		const struct entry *entry = transcript_at(f->transcript, at);
		if (entry->arg == (int32_t)when && sample_unpack(entry, &sample) &&
		    sample_is(&sample, state))
			return true;
	}
	return false;
}

static bool knows(void)
{
	static int known = -1;
	struct sample sample;
	if (known < 0) {
		int fd = peer_listen(AF_INET, 1);
		kernel_read(fd, TRANSPORT_TCP, &sample);
		known = sample_has(&sample, SAMPLE_STATE);
		peer_close_all(&fd, 1);
	}
	return known;
}

static uint64_t receives(const struct session *session)
{
	return session_counts(session)->receives;
}

static bool is_settled(struct fixture *f)
{
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	return f->poller.wake == INT64_MAX && f->poller.lazy == INT64_MAX;
}

static bool is_in(const struct session *session, enum tcp_state state)
{
	return session_tcp_state(session) == state;
}

/* ---- around calls ---- */

static void counts_segments(struct fixture *f)
{
	char text[64];
	struct couple c = make_couple(f);
	struct sample r = after(f, c.session, CALL_CONNECT);
	if (sample_get(&r, SAMPLE_OLD_STATE) == STATE_SYN_SENT) {
		tap_skip("the SYN,ACK took its time");
	} else {
		ok(sample_is(&r, STATE_ESTABLISHED) &&
		           sample_get(&r, SAMPLE_OLD_STATE) == STATE_CLOSED,
		   "connect() leads from CLOSED to ESTABLISHED");
		ok(sample_get(&r, SAMPLE_NEW_OUT) == 2 && sample_get(&r, SAMPLE_NEW_IN) == 1,
		   "by two segments out, SYN and ACK, and one in");
		is_int(sample_get(&r, SAMPLE_CALLS), 1, "it alone did that");
	}
	send_text(f, c.session, "hello");
	r = after(f, c.session, CALL_SEND);
	ok(sample_get(&r, SAMPLE_NEW_DATA_OUT) == 1 && sample_get(&r, SAMPLE_CALLS) == 1,
	   "one send() is one segment");
	peer_recv_until(c.peer, text, sizeof text, "hello", PEER_MS);
	peer_send(c.peer, "world", 5, PEER_MS);
	until(f, has_received(f, c.session, "world"));
	r = before(f, c.session, CALL_RECV);
	ok(sample_get(&r, SAMPLE_NEW_DATA_IN) == 1 && sample_get(&r, SAMPLE_INQ) == 5,
	   "before recv() one has come in, with five bytes to read");
	r = after(f, c.session, CALL_RECV);
	is_int(sample_get(&r, SAMPLE_INQ), 0, "after it there are none");
	peer_half_close(c.peer);
	until(f, session_peer_closed(c.session));
	r = before(f, c.session, CALL_RECV);
	ok(sample_is(&r, STATE_CLOSE_WAIT) && sample_get(&r, SAMPLE_OLD_STATE) == STATE_ESTABLISHED,
	   "the peer's FIN leads to CLOSE_WAIT before recv() says 0");
	is_int(session_tcp_state(c.session), STATE_CLOSE_WAIT, "as the session's state");
	end_couple(&c);
}

static void shuts_down(struct fixture *f)
{
	struct couple c = make_couple(f);
	session_shutdown(c.session, SHUT_WR, &f->error);
	struct sample r = after(f, c.session, CALL_SHUTDOWN);
	ok(sample_get(&r, SAMPLE_OLD_STATE) == STATE_ESTABLISHED &&
	           sample_get(&r, SAMPLE_NEW_OUT) == 1 && sample_get(&r, SAMPLE_NEW_DATA_OUT) == 0,
	   "FIN is a segment without data");
	ok(sample_is(&r, STATE_FIN_WAIT1) || sample_is(&r, STATE_FIN_WAIT2),
	   "it waits for its acknowledgement, or has it");
	until(f, is_in(c.session, STATE_FIN_WAIT2));
	is_int(session_tcp_state(c.session), STATE_FIN_WAIT2, "which is noticed without a call");
	until(f, is_settled(f));
	ok(is_settled(f) && !session_is_unsettled(c.session), "then the peer may take its time");
	end_couple(&c);
}

static void begins_accepted_ones(struct fixture *f)
{
	struct sample r;
	struct session *server = listen_on(f, TRANSPORT_TCP, "127.0.0.1", 0, NULL);
	r = after(f, server, CALL_LISTEN);
	ok(sample_is(&r, STATE_LISTEN) && sample_get(&r, SAMPLE_OLD_STATE) == STATE_CLOSED,
	   "listen() leads to LISTEN");
	int fd = peer_connect(AF_INET, session_local(server).port, PEER_MS);
	until(f, sessions_count(f->sessions) == 2);
	r = before(f, server, CALL_ACCEPT);
	is_int(sample_get(&r, SAMPLE_QUEUE), 1, "a connection waits in the queue");
	r = after(f, server, CALL_ACCEPT);
	ok(sample_has(&r, SAMPLE_QUEUE) && sample_get(&r, SAMPLE_QUEUE) == 0, "accept() takes it");
	struct session *client = sessions_at(f->sessions, 1);
	ok(was_in(f, client, SAMPLE_BEFORE, STATE_ESTABLISHED), "which is ESTABLISHED");
	is_int(sample_get(session_sample(client), SAMPLE_SEGS_IN), 2,
	       "by two segments: the SYN and the ACK");
	until(f, is_settled(f));
	ok(is_settled(f), "nobody is woken while both are idle");
	peer_close_all(&fd, 1);
}

static void compares_like_with_like(void)
{
	int value, listener = peer_listen(AF_INET, 1), fresh = socket(AF_INET, SOCK_STREAM, 0);
	struct probe_budget budget = { 0 };
	struct probe probe = { .budget = &budget, .transport = TRANSPORT_TCP };
	struct caller caller = { .transcript = transcript_new(8 << 20, 1 << 20),
		                 .session = 1,
		                 .observer = &probe_observer,
		                 .probe = &probe };
	call_get_option(&caller, listener, SOL_SOCKET, SO_TYPE, &value);
	call_get_option(&caller, fresh, SOL_SOCKET, SO_TYPE, &value);
	int changes = 0;
	struct sample sample;
	uint64_t at = transcript_first(caller.transcript);
	for (; at != TRANSCRIPT_NONE; at = transcript_next(caller.transcript, at))
		changes += sample_unpack(transcript_at(caller.transcript, at), &sample) &&
		           sample_has(&sample, SAMPLE_OLD_STATE);
	ok(sample_is(&probe.last, STATE_CLOSED) && changes == 0,
	   "another socket of a session is not this one in another state");
	is_int(transcript_count(caller.transcript), 4, "each is read and written down");
	call_get_option(&caller, fresh, SOL_SOCKET, SO_TYPE, &value);
	is_int(transcript_count(caller.transcript), 5, "and not again where nothing has changed");
	peer_close_all((int[]){ listener, fresh }, 2);
	transcript_free(caller.transcript);
}

static void tells_sockets_apart(struct fixture *f)
{
	if (!peer_has_ipv6()) {
		tap_skip("no ::1 here");
		return;
	}
	struct session *server = listen_on(f, TRANSPORT_TCP, "", 0, NULL);
	int four = peer_connect(AF_INET, session_local(server).port, PEER_MS);
	until(f, session_clients(server) == 1);
	int six = peer_connect(AF_INET6, session_local(server).port, PEER_MS);
	until(f, session_clients(server) == 2);
	is_int(count_changes(f, server), 2,
	       "two sockets of one session are not compared with each other");
	int samples = count_readings(f, server, SAMPLE_LATER);
	for (int i = 0; i < 5; i++)
		sessions_sample(f->sessions, server);
	ok(count_readings(f, server, SAMPLE_LATER) <= samples + 1,
	   "looking again says nothing new");
	peer_close_all((int[]){ four, six }, 2);
}

static void samples_busy_sessions(struct fixture *f)
{
	enum { MANY = 4 * PROBE_RATE };
	char text[4096];
	struct couple c = make_couple(f);
	int64_t begun = clock_now();
	ok(c.session->probe.stamps, "a quiet session has its arrivals stamped");
	ssize_t left = 0;
	/* the last two are in one sample */
	for (int i = 0; i < MANY || c.session->probe.calls < 2; i++) {
		left += send_text(f, c.session, "x");
		if (i % 64 == 0)
			left -= peer_recv_until(c.peer, text, 64, NULL, 0);
	}
	int64_t most = PROBE_BURST + (clock_now() - begun) * PROBE_RATE / CLOCK_S + 1;
	int around = count_readings(f, c.session, SAMPLE_AFTER);
	ok(around <= most, "beyond a rate not every call is read around");
	ok(around > PROBE_BURST / 2, "up to it each one is");
	/* Nagle: the last ones may still wait for an acknowledgement */
	peer_recv_until(c.peer, text, (size_t)left + 1, NULL, PEER_MS);
	sessions_sample(f->sessions, c.session);
	ok(sample_get(session_sample(c.session), SAMPLE_CALLS) > 1,
	   "the next sample says how many calls it covers");
	/* the kernel may have put all of them into one segment */
	ok(sample_get(session_sample(c.session), SAMPLE_NEW_DATA_OUT) > 0,
	   "and what they did together");
	until(f, !c.session->probe.stamped);
	ok(!c.session->probe.stamps && c.session->probe.muted, "a busy one has not");
	c.session->probe.muted_at -= 2 * CLOCK_S;
	c.session->probe.rate.full_at -= 2 * CLOCK_S;
	c.session->probe.budget->called -= 2 * CLOCK_S;
	until(f, c.session->probe.stamps && is_settled(f));
	ok(c.session->probe.stamps && is_settled(f), "until it has rested");
	fixture_turns(f, 3);
	ok(c.session->probe.stamps && is_settled(f), "and stays so");
	end_couple(&c);
}

static void shares_with_others(void)
{
	struct probe_budget budget = { 0 };
	struct probe busy[4] = { { .budget = &budget } }, person = { .budget = &budget };
	struct transcript *t = transcript_new(64 << 20, 1 << 20);
	struct caller caller = { .transcript = t, .session = 1 };
	int granted = 0, heard = 0;
	int64_t now = 1000 * CLOCK_S;
	for (int i = 0; i < 4; i++)
		busy[i].budget = &budget;
	for (int i = 0; i < 4 * PROBE_BURST + 4; i++) {
		caller.probe = &busy[i % 4];
		probe_observer.before(&caller, -1, now);
		granted += busy[i % 4].exact || busy[i % 4].sampled;
	}
	is_int(granted, PROBE_BURST_ALL + 4 * PROBE_BURST_EACH, "many busy sessions share a rate");
	caller.probe = &person;
	for (int i = 0; i < PROBE_BURST_EACH; i++) {
		person.calls = 0; /* a reading would have said so */
		probe_observer.before(&caller, -1, now);
		heard += person.exact;
	}
	is_int(heard, PROBE_BURST_EACH, "who calls now and then is always read around");
	probe_observer.before(&caller, -1, now);
	ok(!person.exact && !person.sampled && person.refused == 1, "up to a rate");
	struct probe served = { .budget = &budget, .unattended = true };
	caller.probe = &served;
	probe_observer.before(&caller, -1, now);
	ok(!served.exact && !served.sampled, "one that a service drives has no share of its own");
	ok(!probe_may_look(&served, now) && probe_may_look(&person, now), "nor is it followed after its end");
	ok(probe_may_look(&served, now + CLOCK_S), "... while others take all");
	int looks = 0;
	while (looks < PROBE_BURST_ALL && probe_may_look(&served, now + 2 * CLOCK_S))
		looks++;
	is_int(looks, PROBE_BURST_SERVED, "... nor does a service take all from others");
	caller.probe = &person;
	probe_observer.before(&caller, -1, now + CLOCK_S);
	ok(person.sampled && !person.exact, "after a call that was not, only after it");
	ok(!probe_is_busy(&person, now) && probe_is_busy(&busy[0], now), "the others are busy");
	ok(!probe_is_busy(&busy[0], now + CLOCK_S), "until they rest");
	caller.flags = ENTRY_WATCHING;
	person.calls = 0;
	probe_observer.before(&caller, -1, now + 2 * CLOCK_S);
	is_int(person.calls, 0, "what only watches does not count");
	is_int(transcript_count(t), 0, "and nothing is written without a socket");
	transcript_free(t);
}

static void can_be_off(struct fixture *f)
{
	sessions_read_kernel(f->sessions, false);
	struct couple c = make_couple(f);
	struct session *udp = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, NULL);
	send_text(f, c.session, "x");
	sessions_sample(f->sessions, c.session);
	uint32_t number = session_number(c.session);
	is_int(count_entries(f, number, CALL_SAMPLE, NULL), 0, "off means no readings");
	is_int(count_entries(f, number, CALL_SETSOCKOPT, NULL), 0, "no stamps asked for");
	is_int(count_entries(f, session_number(udp), CALL_SETSOCKOPT, NULL), 0, "nor errors");
	ok(is_settled(f), "no looking by itself");
	is_int(session_tcp_state(c.session), STATE_ESTABLISHED, "our own calls tell the state");
	session_close(c.session, &f->error);
	fixture_turns(f, 2);
	is_int(count_entries(f, number, CALL_SAMPLE, NULL), 0, "not after close() either");
	is_int(session_tcp_state(c.session), STATE_GONE, "so it is just closed");
	end_couple(&c);
	sessions_read_kernel(f->sessions, true);
	c = make_couple(f);
	ok(count_readings(f, c.session, SAMPLE_AFTER) > 0, "and on is on again");
	end_couple(&c);
}

/* ---- times ---- */

static void knows_how_long_bytes_lay(struct fixture *f)
{
	struct couple c = make_couple(f);
	session_block_reading(c.session, true);
	peer_send(c.peer, "patience", 8, PEER_MS);
	peer_wait(c.session->fd[0], POLLIN, PEER_MS);
	int64_t arrived = clock_now();
	until(f, clock_now() - arrived > 20 * CLOCK_MS);
	session_block_reading(c.session, false);
	until(f, has_received(f, c.session, "patience"));
	struct sample r = after(f, c.session, CALL_RECV);
	uint64_t lay = sample_get(&r, SAMPLE_BUFFERED);
	ok(lay >= 15000 && lay < 5000000, "bytes that waited are known to have waited");
	struct session *udp = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, NULL);
	int fd = peer_udp(AF_INET);
	struct endpoint to = session_local(udp);
	peer_send_to(fd, &to, "now", 3);
	peer_wait(udp->fd[0], POLLIN, PEER_MS);
	arrived = clock_now();
	while (clock_now() - arrived < 5 * CLOCK_MS)
		peer_wait(fd, POLLIN, 1);
	until(f, has_received(f, udp, "now"));
	r = after(f, udp, CALL_RECVFROM);
	ok(sample_get(&r, SAMPLE_BUFFERED) >= 4000, "and so is a datagram");
	ok(!sample_has(&r, SAMPLE_STATE), "which knows no states");
	peer_close_all(&fd, 1);
	end_couple(&c);
}

static bool find_acked(const struct fixture *f, const struct session *session,
                       struct errqueue *acked)
{
	uint64_t at = find_call(f, session, CALL_ERRQUEUE);
	const struct entry *entry = transcript_at(f->transcript, at);
	return entry && entry_unpack_errqueue(entry, acked) && acked->origin == ERRQUEUE_ACKED;
}

static void is_told_of_acknowledgements(struct fixture *f)
{
	struct errqueue acked = { 0 };
	struct couple c = make_couple(f);
	ok(c.session->probe.acks, "acknowledgements can be asked for");
	send_text(f, c.session, "hello");
	until(f, find_acked(f, c.session, &acked));
	is_int(acked.info, 5, "five bytes are acknowledged");
	ok(acked.delay > 0 && acked.delay < (uint64_t)(5 * CLOCK_S), "after some time");
	send_text(f, c.session, "again");
	until(f, find_acked(f, c.session, &acked) && acked.info == 10);
	is_int(acked.info, 10, "then ten");
	is_int(c.session->probe.expected, 0, "none is waited for");
	until(f, is_settled(f));
	ok(is_settled(f) && sample_get(session_sample(c.session), SAMPLE_OUTQ) == 0,
	   "and all is settled");
	is_int(count_entries(f, session_number(c.session), CALL_RECV, NULL), 0,
	       "no useless recv() was made");
	peer_half_close(c.peer);
	until(f, session_peer_closed(c.session));
	uint64_t turns = f->poller.turns;
	send_text(f, c.session, "late");
	fixture_turns(f, 10);
	ok(f->poller.turns - turns == 10 && session_state(c.session) == SESSION_OPEN,
	   "nor does one that is not read from turn round");
	end_couple(&c);
}

static void overtakes_lost_answers(void)
{
	uint64_t delay = 0;
	struct probe probe = { 0 };
	const struct caller caller = { .probe = &probe };
	for (int i = 1; i <= PROBE_ASKED + 3; i++)
		probe_observer.sent(&caller, 10, 1000 * i);
	is_int(probe.expected, PROBE_ASKED, "no more are remembered than there is room for");
	ok(!probe_observer.acknowledged(&caller, 15, 5000, &delay),
	   "what was not asked is not answered");
	ok(probe_observer.acknowledged(&caller, 30, 5000, &delay) && delay == 2000,
	   "the third is, with its time");
	is_int(probe.expected, PROBE_ASKED - 3, "those before it are not waited for any more");
	ok(!probe_observer.acknowledged(&caller, 10, 5000, &delay),
	   "and nothing is answered twice");
	ok(probe_observer.acknowledged(&caller, 40, 1, &delay) && delay == 0,
	   "a clock that was set back makes no time of years");
	probe = (struct probe){ .sent = UINT32_MAX };
	probe_observer.sent(&caller, 5, 1);
	ok(probe_observer.acknowledged(&caller, 4, 2, &delay),
	   "positions beyond 32 bits are found");
}

/* ---- between calls ---- */

static void looks_while_something_is_on_its_way(struct fixture *f)
{
	enum { LEN = 200000 };
	char *noise = make_noise(LEN), *sink = malloc(LEN);
	struct couple c = connect_couple(f, peer_listen_small(AF_INET, 4096), NULL);
	sessions_pin(f->sessions, c.session);
	session_send(c.session, noise, LEN, &f->error);
	fixture_turns(f, 1);
	ok(session_is_unsettled(c.session), "bytes under way are not settled");
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	ok(f->poller.lazy <= clock_now() + 60 * CLOCK_MS,
	   "the one that is shown is looked at soon");
	until(f, sample_get(session_sample(c.session), SAMPLE_TIMER) != TIMER_OFF &&
	                 count_readings(f, c.session, SAMPLE_LATER) > 0);
	ok(count_readings(f, c.session, SAMPLE_LATER) > 0, "by itself");
	ok(sample_has(session_sample(c.session), SAMPLE_TIMER_LEFT), "with the timer");
	ok(session_sampled_at(c.session) > clock_now() - CLOCK_S, "and when that was");
	session_block_reading(c.session, true);
	while (session_unsent(c.session)) {
		while (recv(c.peer, sink, LEN, MSG_DONTWAIT) > 0)
			continue;
		fixture_turns(f, 1);
	}
	int64_t deadline = clock_now() + 20 * CLOCK_S;
	while (!is_settled(f) && fixture_turn(f, deadline))
		while (recv(c.peer, sink, LEN, MSG_DONTWAIT) > 0)
			continue;
	ok(is_settled(f) && !session_is_unsettled(c.session), "until the peer has it all");
	free(noise);
	free(sink);
	end_couple(&c);
}

static void notices_a_late_reset(struct fixture *f)
{
	struct couple c = make_couple(f);
	peer_close_all(&c.peer, 1);
	until(f, session_peer_closed(c.session));
	send_text(f, c.session, "anybody?");
	until(f, session_state(c.session) == SESSION_CLOSED);
	is_text(last_failure(f, c.session), "connection reset by peer (RST) *",
	        "RST after FIN is reported, though no call has met it");
	is_int(session_end(c.session), SESSION_ENDED_RESET, "and is the end");
	end_couple(&c);
	c = make_couple(f);
	step_pause(c.session, true, &f->error);
	peer_close_all(&c.peer, 1);
	step_recv(c.session, 10, RECV_PLAIN, &f->error);
	until(f, session_peer_closed(c.session));
	send_text(f, c.session, "anybody?");
	fixture_turns(f, 3);
	is_int(session_state(c.session), SESSION_OPEN,
	       "who makes the calls by hand meets it by hand");
	end_couple(&c);
}

static bool nothing_is_due(struct fixture *f)
{
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	return f->poller.wake == INT64_MAX && f->poller.lazy == INT64_MAX;
}

/* Nobody reads what lies there, so select() would report it in every turn. */
static void notices_what_comes_where_data_lies(struct fixture *f)
{
	struct couple c = make_couple(f);
	sessions_pin(f->sessions, c.session);
	step_pause(c.session, true, &f->error);
	peer_send(c.peer, "one", 3, PEER_MS);
	until(f, sample_get(session_sample(c.session), SAMPLE_INQ) == 3);
	is_int(sample_get(session_sample(c.session), SAMPLE_INQ), 3, "three bytes lie there");
	until(f, is_settled(f));
	ok(nothing_is_due(f), "and nothing will wake the program");
	peer_send(c.peer, "more", 4, PEER_MS);
	until(f, sample_get(session_sample(c.session), SAMPLE_INQ) == 7);
	is_int(sample_get(session_sample(c.session), SAMPLE_INQ), 7, "but more bytes do");
	peer_half_close(c.peer);
	until(f, session_tcp_state(c.session) == STATE_CLOSE_WAIT);
	is_int(session_tcp_state(c.session), STATE_CLOSE_WAIT, "and the peer's FIN");
	until(f, is_settled(f));
	ok(nothing_is_due(f), "then it rests again");
	end_couple(&c);
}

static void tells_drops(struct fixture *f)
{
	enum { MANY = 300 };
	char want[64];
	struct session *udp = listen_on(f, TRANSPORT_UDP, "127.0.0.1", 0, NULL);
	int fd = peer_udp(AF_INET);
	call_set_option(&udp->caller, udp->fd[0], SOL_SOCKET, SO_RCVBUF, 2304);
	for (int i = 0; i < MANY; i++)
		peer_deliver(fd, udp->fd[0], "0123456789", 10);
	until(f,
	      count_states(f, udp, "dropped here") && udp->probe.dropped + receives(udp) == MANY);
	uint64_t got = receives(udp);
	snprintf(want, sizeof want,
	         "%llu datagrams were dropped here: the receive buffer was full *",
	         (unsigned long long)(MANY - got));
	ok(got < MANY, "a small buffer overflows");
	is_text(last_failure(f, udp), want, "what was dropped is reported, exactly");
	for (int i = 0; i < MANY; i++)
		peer_deliver(fd, udp->fd[0], "0123456789", 10);
	fixture_turns(f, 3);
	is_int(count_states(f, udp, "dropped here"), 1, "but not more often than once a second");
	peer_close_all(&fd, 1);
}

static void sees_a_connect_that_waits(struct fixture *f)
{
	int fill[PEER_FILL];
	int fd = peer_blackhole(AF_INET, fill);
	if (fd < 0) {
		tap_skip("no queue could be filled here");
		return;
	}
	struct session *session = open_to(f, TRANSPORT_TCP, "127.0.0.1", peer_port(fd), NULL);
	sessions_pin(f->sessions, session);
	until(f, sample_has(session_sample(session), SAMPLE_TIMER_LEFT));
	ok(sample_is(session_sample(session), STATE_SYN_SENT), "connecting is SYN_SENT");
	is_int(sample_get(session_sample(session), SAMPLE_TIMER), TIMER_RETRANSMIT,
	       "with a timer that will send it again");
	is_int(session_tcp_state(session), STATE_SYN_SENT, "and named so");
	peer_close_all(fill, PEER_FILL);
	peer_close_all(&fd, 1);
}

/* ---- after close() ---- */

static void follows_the_one_that_closed_first(struct fixture *f)
{
	struct couple c = make_couple(f);
	session_close(c.session, &f->error);
	is_int(session_tcp_state(c.session), STATE_GONE, "before close() is made nobody knows");
	until(f, is_in(c.session, STATE_FIN_WAIT2));
	is_int(session_tcp_state(c.session), STATE_FIN_WAIT2, "then it waits for the peer's FIN");
	ok(session_is_unsettled(c.session), "which is no end yet");
	peer_close_all(&c.peer, 1);
	until(f, (sessions_sample(f->sessions, c.session), is_in(c.session, STATE_TIME_WAIT)));
	is_int(session_tcp_state(c.session), STATE_TIME_WAIT, "and at last in TIME_WAIT");
	const struct sample *r = session_sample(c.session);
	ok(sample_get(r, SAMPLE_TIMER) == TIMER_TIMEWAIT &&
	           sample_get(r, SAMPLE_TIMER_LEFT) > 1000000,
	   "with the time that is left");
	poller_reset(&f->poller);
	sessions_prepare(f->sessions, &f->poller);
	ok(f->poller.wake > clock_now() + CLOCK_S, "nobody is woken before that");
	ok(reconnect_now(c.session, &f->error), "a session that connects again");
	until(f, session_state(c.session) == SESSION_OPEN);
	ok(!c.session->followed, "is not followed any more");
	is_int(session_tcp_state(c.session), STATE_ESTABLISHED, "and has a new state");
	ok(was_in(f, c.session, SAMPLE_CLOSED, STATE_TIME_WAIT), "what was is written down");
	end_couple(&c);
}

static void follows_until_it_is_gone(struct fixture *f)
{
	struct couple c = make_couple(f);
	session_close(c.session, &f->error);
	until(f, is_in(c.session, STATE_FIN_WAIT2));
	peer_reset(c.peer);
	until(f, (sessions_sample(f->sessions, c.session), is_in(c.session, STATE_GONE)));
	is_int(session_tcp_state(c.session), STATE_GONE, "an RST ends what is left of it");
	ok(was_in(f, c.session, SAMPLE_CLOSED, STATE_GONE), "which is written down");
	ok(!session_is_unsettled(c.session) && is_settled(f), "and followed no more");
	peer_close_all(&c.listener, 1);

	c = make_couple(f);
	session_abort(c.session, &f->error);
	fixture_turns(f, 1);
	ok(was_in(f, c.session, SAMPLE_CLOSED, STATE_GONE) && is_settled(f),
	   "an RST of ours leaves nothing");
	end_couple(&c);

	c = make_couple(f);
	peer_half_close(c.peer);
	until(f, session_peer_closed(c.session));
	session_close(c.session, &f->error);
	until(f, was_in(f, c.session, SAMPLE_CLOSED, STATE_GONE));
	ok(was_in(f, c.session, SAMPLE_CLOSED, STATE_GONE) && is_settled(f),
	   "who closes last leaves nothing either");
	end_couple(&c);
}

static int count_followed(const struct fixture *f)
{
	int count = 0;
	for (size_t i = 0; i < sessions_count(f->sessions); i++)
		count += sessions_at(f->sessions, i)->followed;
	return count;
}

static void follows_some_only(struct fixture *f)
{
	enum { MORE = 6 };
	struct session *all[LINGERING_MOST + MORE];
	int listener = peer_listen(AF_INET, 8);
	for (int i = 0; i < LINGERING_MOST + MORE; i++) {
		struct couple c = connect_couple(f, listener, NULL);
		all[i] = c.session;
		session_close(c.session, &f->error);
		fixture_turns(f, 1);
		peer_close_all(&c.peer, 1);
	}
	is_int(count_followed(f), LINGERING_MOST, "no more are followed than there is room for");
	is_int(session_tcp_state(all[0]), STATE_GONE, "of the oldest nothing is said any more");
	ok(!session_is_unsettled(all[0]) && session_is_unsettled(all[MORE]), "but of the others");
	ok(sessions_forget(f->sessions, all[MORE], &f->error), "one that is forgotten");
	is_int(count_followed(f), LINGERING_MOST - 1, "is not followed either");
	sessions_read_kernel(f->sessions, false);
	sessions_sample(f->sessions, all[MORE + 1]);
	fixture_turns(f, 1);
	peer_close_all(&listener, 1);
}

static void run(void (*test)(struct fixture *f))
{
	struct fixture f;
	fixture_start(&f);
	test(&f);
	fixture_stop(&f);
}

int main(void)
{
	int fd[3];
	tap_watchdog(30);
	shares_with_others();
	overtakes_lost_answers();
	run(can_be_off);
	if (!knows()) {
		tap_skip("this kernel does not tell the state of a socket");
		return tap_done();
	}
	run(counts_segments);
	run(shuts_down);
	run(begins_accepted_ones);
	compares_like_with_like();
	run(tells_sockets_apart);
	run(samples_busy_sessions);
	if (peer_stamps(fd))
		run(knows_how_long_bytes_lay);
	else
		tap_skip("this system does not stamp what arrives");
	run(is_told_of_acknowledgements);
	run(looks_while_something_is_on_its_way);
	run(notices_a_late_reset);
	run(notices_what_comes_where_data_lies);
	run(tells_drops);
	run(sees_a_connect_that_waits);
	run(follows_the_one_that_closed_first);
	run(follows_until_it_is_gone);
	run(follows_some_only);
	peer_close_all(fd, 3);
	return tap_done();
}
