/*
 * Two libnice agents on loopback that may use nothing but their relays, and what they can say to each other through them.
 *
 *   two-agents DIALECT TRANSPORT PORT USER PASSWORD
 *
 * DIALECT: oc2007r2, oc2007 or rfc5245. TRANSPORT: udp, tcp or tls (which is pseudo-TLS in the first two). USER and PASSWORD are what a
 * client is configured with: base64 in the first two. Prints one line per event and, when both agents have heard ENOUGH of the other's
 * messages, `both heard`; exits 0 then and 1 otherwise.
 */
#include <agent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENOUGH = 20, TICK_MILLIS = 20, PATIENCE_SECONDS = 20 };

typedef struct {
  NiceAgent *agent;
  guint stream;
  const char *name;
  gboolean is_ready;
  gboolean is_gathered;
  gboolean is_closed;
  guint said, heard;
} Side;

static Side sides[2] = {{.name = "left"}, {.name = "right"}};
static GMainLoop *loop;
static int status = 1;

static Side *other(Side *side) { return side == &sides[0] ? &sides[1] : &sides[0]; }

static void on_closed(GObject *agent, GAsyncResult *result, gpointer data) {
  Side *side = data;
  side->is_closed = TRUE;
  if (sides[0].is_closed && sides[1].is_closed) g_main_loop_quit(loop);
}

/* As real clients end: their relays are given back. */
static void leave(void) {
  for (int i = 0; i < 2; i++) {
    nice_agent_remove_stream(sides[i].agent, sides[i].stream);
    nice_agent_close_async(sides[i].agent, on_closed, &sides[i]);
  }
}

static gboolean on_done(gpointer unused) {
  for (int i = 0; i < 2; i++) sides[i].is_ready = FALSE;
  leave();
  return G_SOURCE_REMOVE;
}

/* libnice, when two frames come at once over pseudo-TLS, hands a connectivity check to its application. */
static gboolean is_check(const gchar *bytes, guint length) {
  return length >= 20 && (guchar)bytes[0] <= 1 && memcmp(bytes + 4, "\x21\x12\xa4\x42", 4) == 0;
}

static void on_message(NiceAgent *agent, guint stream, guint component, guint length, gchar *bytes, gpointer data) {
  Side *side = data;
  char expected[32];
  snprintf(expected, sizeof expected, "from %s ", other(side)->name);
  if (length < strlen(expected) || memcmp(bytes, expected, strlen(expected)) != 0) {
    if (is_check(bytes, length)) printf("%s was given a check as data\n", side->name);
    else printf("%s heard something else: %.*s\n", side->name, (int)length, bytes);
    return;
  }
  side->heard++;
  if (status == 0 || sides[0].heard < ENOUGH || sides[1].heard < ENOUGH) return;
  puts("both heard");
  status = 0;
  g_idle_add(on_done, NULL);
}

static void introduce(Side *to, Side *about) {
  gchar *fragment = NULL, *password = NULL;
  nice_agent_get_local_credentials(about->agent, about->stream, &fragment, &password);
  nice_agent_set_remote_credentials(to->agent, to->stream, fragment, password);
  GSList *candidates = nice_agent_get_local_candidates(about->agent, about->stream, 1);
  int taken = nice_agent_set_remote_candidates(to->agent, to->stream, 1, candidates);
  printf("%s knows %d candidates\n", to->name, taken);
  g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
  g_free(fragment);
  g_free(password);
}

static void on_gathered(NiceAgent *agent, guint stream, gpointer data) {
  Side *side = data;
  GSList *candidates = nice_agent_get_local_candidates(agent, stream, 1);
  for (GSList *at = candidates; at != NULL; at = at->next) {
    NiceCandidate *candidate = at->data;
    gchar ip[NICE_ADDRESS_STRING_LEN];
    nice_address_to_string(&candidate->addr, ip);
    printf("%s offers type %d transport %d %s:%u\n", side->name, candidate->type, candidate->transport, ip,
           nice_address_get_port(&candidate->addr));
  }
  g_slist_free_full(candidates, (GDestroyNotify)nice_candidate_free);
  side->is_gathered = TRUE;
  if (!other(side)->is_gathered) return;
  introduce(&sides[0], &sides[1]);
  introduce(&sides[1], &sides[0]);
}

static void on_state(NiceAgent *agent, guint stream, guint component, guint state, gpointer data) {
  Side *side = data;
  printf("%s is %s\n", side->name, nice_component_state_to_string(state));
  side->is_ready = state == NICE_COMPONENT_STATE_READY;
}

static gboolean on_tick(gpointer unused) {
  for (int i = 0; i < 2; i++) {
    if (!sides[i].is_ready) continue;
    char text[64];
    int length = snprintf(text, sizeof text, "from %s %u", sides[i].name, sides[i].said++);
    nice_agent_send(sides[i].agent, sides[i].stream, 1, length, text);
  }
  return G_SOURCE_CONTINUE;
}

static gboolean on_impatience(gpointer unused) {
  printf("gave up: left heard %u, right heard %u\n", sides[0].heard, sides[1].heard);
  leave();
  return G_SOURCE_REMOVE;
}

static NiceCompatibility dialect_named(const char *name) {
  if (strcmp(name, "oc2007") == 0) return NICE_COMPATIBILITY_OC2007;
  return strcmp(name, "rfc5245") == 0 ? NICE_COMPATIBILITY_RFC5245 : NICE_COMPATIBILITY_OC2007R2;
}

static NiceRelayType relay_named(const char *name) {
  if (strcmp(name, "udp") == 0) return NICE_RELAY_TYPE_TURN_UDP;
  return strcmp(name, "tls") == 0 ? NICE_RELAY_TYPE_TURN_TLS : NICE_RELAY_TYPE_TURN_TCP;
}

static void start(Side *side, char **args) {
  gboolean is_udp = strcmp(args[2], "udp") == 0;
  gboolean relays_tcp = !is_udp && strcmp(args[1], "rfc5245") != 0; /* the Microsoft dialect relays what it is spoken over */
  side->agent = nice_agent_new(g_main_loop_get_context(loop), dialect_named(args[1]));
  g_object_set(side->agent, "controlling-mode", side == &sides[0], "upnp", FALSE, "force-relay", TRUE, "ice-udp", !relays_tcp,
               "ice-tcp", relays_tcp, NULL);
  NiceAddress loopback;
  nice_address_init(&loopback);
  nice_address_set_from_string(&loopback, "127.0.0.1");
  nice_agent_add_local_address(side->agent, &loopback);
  side->stream = nice_agent_add_stream(side->agent, 1);
  nice_agent_set_relay_info(side->agent, side->stream, 1, "127.0.0.1", atoi(args[3]), args[4], args[5], relay_named(args[2]));
  nice_agent_attach_recv(side->agent, side->stream, 1, g_main_loop_get_context(loop), on_message, side);
  g_signal_connect(side->agent, "candidate-gathering-done", G_CALLBACK(on_gathered), side);
  g_signal_connect(side->agent, "component-state-changed", G_CALLBACK(on_state), side);
}

int main(int count, char **args) {
  if (count != 6) {
    fputs("two-agents DIALECT TRANSPORT PORT USER PASSWORD\n", stderr);
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  loop = g_main_loop_new(NULL, FALSE);
  for (int i = 0; i < 2; i++) start(&sides[i], args);
  for (int i = 0; i < 2; i++) nice_agent_gather_candidates(sides[i].agent, sides[i].stream);
  g_timeout_add(TICK_MILLIS, on_tick, NULL);
  g_timeout_add_seconds(PATIENCE_SECONDS, on_impatience, NULL);
  g_main_loop_run(loop);
  for (int i = 0; i < 2; i++) g_object_unref(sides[i].agent);
  g_main_loop_unref(loop);
  return status;
}
