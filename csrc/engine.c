/* The lanes of an engine: driving them, their descriptor, their timers, and what a fork does to them. */
#define CURL_DISABLE_DEPRECATION
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "platform.h"
#include "poller.h"
#include "wipe.h"

#if !defined(_WIN32)
#include <sys/socket.h>
#endif

#define EVENTS_PER_WAIT 64
/* From so many transfers on the poller costs less than having libcurl ask the system about each of them whenever one gets its answer. */
#define MANY 4
/* Seconds. curl_multi_perform forgets a timer that a transfer sets within a millisecond of its beginning, if an older one of it was due
   (seen in 7.88): the one by which HTTP/2 means to go on with what it has in memory, say. Only the next perform goes on then, so the first
   wait for a socket is short, and each that was in vain doubles the next. */
#define SHORTEST_WAIT 0.01

/* CURLMOPT_TIMERFUNCTION: keeps when libcurl wants to be called. */
static int timer_changed(CURLM *multi, long milliseconds, void *data)
{
  Lane *lane = data;
  (void)multi;
  lane->timer = milliseconds < 0 ? -1 : studio_now() + (double)milliseconds / 1000.0;
  return 0;
}

/* CURLMOPT_SOCKETFUNCTION: has the poller watch what libcurl waits for on a socket. */
static int socket_changed(CURL *easy, curl_socket_t socket, int what, void *data, void *socket_data)
{
  Engine *engine = ((Lane *)data)->engine;
  OpenSocket *entry = studio_sockets_find(&engine->sockets, (int)socket);
  int interest = 0;
  (void)easy;
  (void)socket_data;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
    interest |= POLLER_READ;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
    interest |= POLLER_WRITE;
  if (engine->poller == -1)
    return 0;
  if (entry == NULL) {
    studio_poller_watch(engine->poller, (int)socket, interest, 0);
    return 0;
  }
  /* A connection between two requests stays watched: the next one comes soon, and each change is a system call. */
  entry->unsure |= interest == 0 && (entry->watched & POLLER_WRITE) != 0;
  entry->resting = interest == 0 && entry->watched == POLLER_READ && !entry->unsure;
  if (!entry->resting && interest != entry->watched)
    entry->watched = studio_poller_watch(engine->poller, (int)socket, interest, entry->watched) ? interest : 0;
  return 0;
}

curl_socket_t studio_engine_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
  Lane *lane = ((Member *)context)->lane;
  Engine *engine = lane->engine;
  curl_socket_t descriptor = socket(address->family, address->socktype, address->protocol);
  (void)purpose;
  engine->out_of_descriptors = descriptor == CURL_SOCKET_BAD && studio_is_out_of_descriptors();
  if (descriptor == CURL_SOCKET_BAD)
    return CURL_SOCKET_BAD;
  if (!studio_sockets_add(&engine->sockets, (int)descriptor, lane)) {
    studio_close_descriptor((int)descriptor);
    return CURL_SOCKET_BAD;
  }
  studio_close_on_exec((int)descriptor);
  return descriptor;
}

int studio_engine_close_socket(void *context, curl_socket_t socket)
{
  Engine *engine = context;
  int descriptor = (int)socket;
  OpenSocket *entry = studio_sockets_find(&engine->sockets, descriptor);
  /* A descriptor that is closed is watched for as long as a child process has it, too. */
  if (entry != NULL && entry->watched != 0 && engine->poller != -1)
    studio_poller_watch(engine->poller, descriptor, 0, entry->watched);
  studio_sockets_remove(&engine->sockets, descriptor);
  studio_close_descriptor(descriptor);
  return 0;
}

/* Notes that something has come on a connection, and where it rests between two requests stops watching it; gives whether it rests. What
   has come is its end most likely, which libcurl sees when it wants to use it. */
static int was_resting(Engine *engine, OpenSocket *entry)
{
  if (entry->in_flight > 0 && !entry->is_http1)
    engine->unsettled = 1;
  if (!entry->resting)
    return 0;
  studio_poller_watch(engine->poller, entry->descriptor, 0, entry->watched);
  entry->watched = entry->resting = 0;
  return 1;
}

/* Gives an engine its first lane, with nothing in flight; 0 where it cannot be had. */
static int open_lane(Engine *engine)
{
  engine->lanes = studio_lane_new(engine, engine->is_shared);
  engine->out_of_descriptors = engine->lanes == NULL && studio_is_out_of_descriptors();
  engine->most_running = 0;
  engine->first_late = 0;
  engine->process = studio_process_id();
  return engine->lanes != NULL;
}

int studio_engine_open(Engine *engine, const EngineOptions *options)
{
  /* An empty text has libcurl look for none in the environment. */
  const char *proxy = options->proxy == NULL ? "" : options->proxy;
  memset(engine, 0, sizeof *engine);
  studio_blocks_begin();
  engine->poller = engine->bell = -1;
  engine->libcurl = curl_version_info(CURLVERSION_NOW)->version_num;
  engine->is_shared = HAVE_PREREQ; /* see studio_transfer_start */
  /* From 7.88 on libcurl's TLS goes through its own socket writes, which ask for no signal. */
  engine->mask_pipe = engine->libcurl < 0x075800;
  engine->has_tls_proxy = curl_strnequal(proxy, "https:", 6);
  studio_tls_find(&engine->tls);
  engine->options = *options;
  engine->options.user_agent = studio_copy_text(options->user_agent);
  engine->options.ca_file = studio_copy_text(options->ca_file);
  engine->options.proxy = studio_copy_text(proxy);
  engine->options.no_proxy = studio_copy_text(options->no_proxy == NULL && *proxy == '\0' ? "" : options->no_proxy);
  if ((options->user_agent && !engine->options.user_agent) || (options->ca_file && !engine->options.ca_file)
      || !engine->options.proxy || (options->no_proxy && !engine->options.no_proxy) || !open_lane(engine)) {
    studio_engine_close(engine);
    return 0;
  }
  return 1;
}

void studio_engine_close(Engine *engine)
{
  PipeGuard guard;
  Lane *lane;
  if (engine->closed)
    return;
  studio_engine_check_fork(engine);
  engine->closed = 1;
  studio_pipe_guard_enter(&guard, engine->mask_pipe);
  /* Easy handles before the lanes, and no callback into a poller that is about to close. */
  for (lane = engine->lanes; lane != NULL; lane = lane->next) {
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, NULL);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, NULL);
  }
  while (engine->members != NULL)
    engine->members->kind->close(engine->members);
  studio_lanes_free(engine->lanes);
  engine->lanes = NULL;
  studio_blocks_end();
  studio_wipe_stack();
  studio_pipe_guard_leave(&guard);
  free(engine->options.user_agent);
  free(engine->options.ca_file);
  studio_free_secret(engine->options.proxy);
  free(engine->options.no_proxy);
  studio_sockets_free(&engine->sockets);
  memset(&engine->options, 0, sizeof engine->options);
}

void studio_engine_close_poller(Engine *engine)
{
  if (engine->poller != -1)
    studio_poller_close(engine->poller, engine->bell);
  engine->poller = engine->bell = -1;
}

/* Has libcurl tell a lane's sockets and its timer, which is only of use with a poller. */
static void set_callbacks(Lane *lane)
{
  curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, socket_changed);
  curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
  curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, timer_changed);
  curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
}

/* Opens the poller that libcurl's sockets are watched with, where there is but one lane; 0 where the system has none. */
static int watch_with_poller(Engine *engine)
{
  engine->poller = studio_poller_open();
  if (engine->poller == -1)
    return 0;
  set_callbacks(engine->lanes);
  return 1;
}

void studio_engine_check_fork(Engine *engine)
{
  Member *member;
  int had_poller;
  if (engine->lanes == NULL || engine->process == studio_process_id())
    return;
  for (member = engine->members; member != NULL; member = member->next)
    member->kind->abandon(member);
  studio_sockets_close_all(&engine->sockets);
  engine->running = 0;
  had_poller = engine->poller != -1;
  if (had_poller)
    studio_poller_close_inherited(engine->poller, engine->bell);
  engine->poller = engine->bell = -1;
  studio_lanes_abandon(engine->lanes);
  if (open_lane(engine) && had_poller)
    watch_with_poller(engine);
}

/* Nothing is in flight any more. As many connections may be wanted again soon; when they were few, the work of many is over. */
static void rest(Engine *engine)
{
  if (engine->most_running <= IDLE_CONNECTIONS) {
    if (engine->lanes->next != NULL) {
      studio_lanes_free(engine->lanes->next);
      engine->lanes->next = NULL;
      studio_sockets_forget(&engine->sockets, engine->lanes);
    }
    studio_lane_shrink(engine->lanes);
    studio_sockets_trim(&engine->sockets, IDLE_CONNECTIONS);
  }
  engine->most_running = 0;
}

/* Has the members finish whose exchange libcurl has done with. */
static void collect(Engine *engine)
{
  Lane *lane;
  for (lane = engine->lanes; lane != NULL; lane = lane->next) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(lane->multi, &left)) != NULL) {
      char *private = NULL;
      Member *member;
      CURLcode code = message->data.result;
      if (message->msg != CURLMSG_DONE)
        continue;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
      member = (Member *)(void *)private;
      member->kind->finish(member, code);
    }
    studio_lane_follow(lane, engine->is_shared);
  }
  if (engine->running == 0 && engine->most_running > 0)
    rest(engine);
}

/* libcurl had no memory, or could not poll: what it knows of its transfers may have gaps, and some would never end. They end here, and it
   begins anew. */
static void give_up(Engine *engine)
{
  Member *member;
  for (member = engine->members; member != NULL; member = member->next)
    member->kind->give_up(member);
  studio_lanes_free(engine->lanes);
  studio_sockets_forget(&engine->sockets, NULL);
  if (open_lane(engine) && engine->poller != -1)
    set_callbacks(engine->lanes);
}

/* libcurl gives a transfer that waits for a connection of others its turns, but forgets to end it when its time is over (seen in 7.88, and
   in 8.22 with a poller): it would wait for as long as they do. And where something else comes in the very millisecond in which the time of
   a transfer is over, 7.88 looks at it too early, and never again: its timer is gone. */
static void end_late(Engine *engine)
{
  double now;
  Member *member;
  if (engine->first_late == 0)
    return;
  now = studio_now();
  if (now < engine->first_late)
    return;
  engine->first_late = 0;
  for (member = engine->members; member != NULL; member = member->next)
    studio_engine_ask_at(engine, member->kind->end_if_late(member, now));
}

void studio_engine_ask_at(Engine *engine, double moment)
{
  if (moment != 0 && (engine->first_late == 0 || moment < engine->first_late))
    engine->first_late = moment;
}

/* Seconds until a moment, at most `seconds`, of which negative ones are for ever; 0 is no moment. */
static double bounded(double seconds, double moment)
{
  double left = moment - studio_now();
  if (moment == 0)
    return seconds;
  if (left < 0)
    left = 0;
  return seconds < 0 || left < seconds ? left : seconds;
}

/* Seconds until the timer of the poller's mode; negative for never. */
static double until_timer(const Engine *engine)
{
  double soonest = studio_lanes_timer(engine->lanes), left = soonest - studio_now();
  if (soonest < 0)
    left = -1;
  else if (left < 0)
    left = 0;
  return bounded(left, engine->first_late);
}

/* Tells libcurl what is ready on a descriptor; gives whether that failed. One that has taken no request may be another lane's by now: of
   two connections that libcurl tries at once it closes one without a word. One without an entry is libcurl's own. Either is told to all
   lanes, and those that do not know it look at their timers only. */
static int act(Engine *engine, const OpenSocket *entry, int descriptor, int mask)
{
  Lane *lane;
  int running, failed = 0;
  if (entry != NULL && entry->is_used)
    return curl_multi_socket_action(entry->lane->multi, descriptor, mask, &running) > CURLM_OK;
  for (lane = engine->lanes; lane != NULL; lane = lane->next)
    failed |= curl_multi_socket_action(lane->multi, descriptor, mask, &running) > CURLM_OK;
  return failed;
}

/* 0 when it should not be called again: a signal came, the bell was rung, or a descriptor is ready that is not libcurl's. What is ready
   when the budget is used up is so the next time, too. */
static int dispatch(Engine *engine, double seconds, double budget)
{
  PollerEvent events[EVENTS_PER_WAIT];
  double timer = until_timer(engine), enough = 0;
  int count, index, failed = 0, others = 0;
  if (timer >= 0 && timer < seconds)
    seconds = timer;
  count = studio_poller_wait(engine->poller, engine->bell, events, EVENTS_PER_WAIT, seconds);
  engine->round++;
  if (budget > 0)
    enough = studio_now() + budget;
  for (index = 0; index < count; index++) {
    OpenSocket *entry;
    int mask = 0;
    if (events[index].ready & POLLER_OTHER) {
      others = 1;
      continue;
    }
    entry = studio_sockets_find(&engine->sockets, events[index].descriptor);
    if (entry != NULL && was_resting(engine, entry))
      continue;
    if (events[index].ready & POLLER_READ)
      mask |= CURL_CSELECT_IN;
    if (events[index].ready & POLLER_WRITE)
      mask |= CURL_CSELECT_OUT;
    failed |= act(engine, entry, events[index].descriptor, mask);
    if (budget > 0 && studio_now() >= enough)
      break;
  }
  engine->moved |= count > 0;
  failed |= studio_lanes_act_on_timers(engine->lanes);
  collect(engine);
  if (failed)
    give_up(engine);
  end_late(engine);
  return count >= 0 && !others;
}

/* Whether libcurl has noted a failure of a member and not told it; each is reported once. */
static int is_failure_pending(Engine *engine)
{
  Member *member;
  int found = 0;
  for (member = engine->members; member != NULL; member = member->next)
    found |= member->kind->is_failing(member);
  return found;
}

/* When a session of HTTP/2 breaks, libcurl 8 waits for more to read, which may never come, and ends the session's transfers only when they
   have another turn. They have it here, before anybody waits. */
static void settle(Engine *engine)
{
  int running, failed = 0;
  Lane *lane;
  if (!engine->unsettled || engine->lanes == NULL || engine->completed != NULL)
    return;
  engine->unsettled = 0;
  if (!is_failure_pending(engine))
    return;
  for (lane = engine->lanes; lane != NULL; lane = lane->next)
    failed |= curl_multi_socket_all(lane->multi, &running) > CURLM_OK;
  collect(engine);
  if (failed)
    give_up(engine);
}

/* Gives libcurl a turn without a poller: there is but one lane. */
static void perform(Engine *engine)
{
  int running, failed;
  engine->round++;
  failed = curl_multi_perform(engine->lanes->multi, &running) > CURLM_OK;
  collect(engine);
  if (failed)
    give_up(engine);
  end_late(engine);
}

/* 0 when it should not be called again: a signal came, or libcurl's own timer, or there is nothing to wait with. */
static int poll_once(Engine *engine, double seconds, double *wait)
{
  double began = studio_now();
  int ready = 0;
  if (*wait < seconds)
    seconds = *wait;
  if (curl_multi_poll(engine->lanes->multi, NULL, 0, studio_milliseconds(seconds), &ready) > CURLM_OK) {
    give_up(engine);
    return 0;
  }
  perform(engine);
  *wait = ready > 0 ? SHORTEST_WAIT : *wait * 2;
  return ready > 0 || studio_now() - began >= seconds;
}

int studio_engine_step(Engine *engine, double seconds, double budget)
{
  PipeGuard guard;
  double deadline = 0, left = seconds, wait = SHORTEST_WAIT;
  int again = 1;
  engine->moved = 0;
  studio_engine_check_fork(engine);
  if (engine->lanes == NULL)
    return 0;
  if (engine->running >= MANY)
    studio_engine_pollfd(engine);
  studio_pipe_guard_enter(&guard, engine->mask_pipe);
  if (engine->poller != -1) {
    again = dispatch(engine, 0, budget);
    settle(engine);
  } else {
    perform(engine);
  }
  while (again && engine->lanes != NULL && engine->completed == NULL && left > 0) {
    if (deadline == 0)
      deadline = studio_now() + seconds;
    again = engine->poller != -1 ? dispatch(engine, left, budget) : poll_once(engine, bounded(left, engine->first_late), &wait);
    settle(engine);
    left = deadline - studio_now();
  }
  studio_pipe_guard_leave(&guard);
  return engine->running;
}

int studio_engine_pollfd(Engine *engine)
{
  int running, failed;
  studio_engine_check_fork(engine);
  if (engine->poller == -1 && engine->lanes != NULL && watch_with_poller(engine) && engine->running > 0) {
    /* Transfers that began without the callbacks are told to the poller here. That is a perform, too, and may forget timers; an action on a
       socket forgets none, and runs all transfers on it. It may close sockets; those that it opens need no action. */
    PipeGuard guard;
    unsigned long visit = 0;
    const OpenSocket *entry;
    studio_pipe_guard_enter(&guard, engine->mask_pipe);
    engine->round++;
    failed = curl_multi_socket_all(engine->lanes->multi, &running) > CURLM_OK;
    while ((entry = studio_sockets_visit(&engine->sockets, &visit)) != NULL)
      failed |= act(engine, entry, entry->descriptor, 0);
    collect(engine);
    if (failed)
      give_up(engine);
    studio_pipe_guard_leave(&guard);
  }
  return engine->poller;
}

void studio_engine_ring(Engine *engine)
{
  studio_engine_check_fork(engine);
  if (engine->poller != -1)
    studio_poller_ring(engine->poller, &engine->bell);
}

int studio_engine_watch(Engine *engine, int descriptor, int wanted)
{
  if (studio_engine_pollfd(engine) == -1)
    return 0;
  return studio_poller_watch(engine->poller, descriptor, wanted ? POLLER_READ | POLLER_OTHER : 0, 0);
}

double studio_engine_timeout(Engine *engine)
{
  long milliseconds = -1;
  studio_engine_check_fork(engine);
  if (engine->lanes == NULL)
    return -1;
  if (engine->completed != NULL)
    return 0;
  if (engine->poller != -1)
    return engine->unsettled ? 0 : until_timer(engine);
  curl_multi_timeout(engine->lanes->multi, &milliseconds);
  return bounded(milliseconds < 0 ? -1 : (double)milliseconds / 1000.0, engine->first_late);
}

void studio_engine_join(Engine *engine, Member *member, const MemberKind *kind)
{
  member->kind = kind;
  member->id = ++engine->last_id;
  member->next = engine->members;
  if (member->next != NULL)
    member->next->previous = member;
  engine->members = member;
}

void studio_engine_leave(Engine *engine, Member *member)
{
  studio_engine_dequeue(engine, member);
  if (member->previous != NULL)
    member->previous->next = member->next;
  else
    engine->members = member->next;
  if (member->next != NULL)
    member->next->previous = member->previous;
  member->previous = member->next = NULL;
}

/* The lane for the next call, as long as calls share connections the first. More than one lane takes a poller. */
static Lane *choose_lane(Engine *engine)
{
  Lane *lane, *last;
  if (engine->is_shared || engine->running < CALLS_A_LANE || studio_engine_pollfd(engine) == -1 || engine->lanes == NULL)
    return engine->lanes;
  lane = studio_lanes_choose(engine->lanes);
  if (lane != NULL)
    return lane;
  lane = studio_lane_new(engine, engine->is_shared);
  if (lane == NULL)
    return engine->lanes;
  set_callbacks(lane);
  for (last = engine->lanes; last->next != NULL; last = last->next) {
  }
  return last->next = lane;
}

int studio_engine_begin(Engine *engine, Member *member, CURL *easy)
{
  Lane *lane = choose_lane(engine);
  member->lane = lane;
  if (lane == NULL || curl_multi_add_handle(lane->multi, easy) != CURLM_OK)
    return 0;
  lane->running++;
  engine->running++;
  if (engine->running > engine->most_running)
    engine->most_running = engine->running;
  studio_lane_follow(lane, engine->is_shared);
  return 1;
}

void studio_engine_end(Engine *engine, Member *member, CURL *easy, int port)
{
  studio_sockets_end(&engine->sockets, port);
  curl_multi_remove_handle(member->lane->multi, easy);
  member->lane->running--;
  if (--engine->running == 0)
    engine->first_late = 0;
}

void studio_engine_enqueue(Engine *engine, Member *member)
{
  member->next_completed = NULL;
  member->queued = 1;
  if (engine->last_completed != NULL)
    engine->last_completed->next_completed = member;
  else
    engine->completed = member;
  engine->last_completed = member;
}

void studio_engine_dequeue(Engine *engine, Member *member)
{
  Member *before = NULL, *at = engine->completed;
  if (!member->queued)
    return;
  while (at != member) {
    before = at;
    at = at->next_completed;
  }
  if (before != NULL)
    before->next_completed = member->next_completed;
  else
    engine->completed = member->next_completed;
  if (engine->last_completed == member)
    engine->last_completed = before;
  member->next_completed = NULL;
  member->queued = 0;
}

Member *studio_engine_next_completed(Engine *engine)
{
  Member *member = engine->completed;
  if (member != NULL)
    studio_engine_dequeue(engine, member);
  return member;
}
