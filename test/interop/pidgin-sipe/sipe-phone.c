/*
 * A phone without a screen, made of libpurple and the SIPE plug-in (Debian: pidgin-sipe, libpurple-dev, and GStreamer's plug-ins): signs in,
 * answers every call, and calls somebody when told to. What happens it prints, a line each, and behind it what the plug-in logs:
 * every SIP message among it, so the keys of the media too.
 *
 *   sipe-phone FOLDER USER@DOMAIN,LOGIN PASSWORD HOST:PORT TRANSPORT [CALLEE]
 *
 * FOLDER is where libpurple may keep what it likes. A certificate that nobody has vouched for is accepted; with WARY in the environment it is
 * refused. It ends when it is ended. Built as sipe-phone.ts says; -rdynamic is needed for the last functions.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <glib-object.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <purple.h>

/* of libgstreamer and libpurple: headers that need not be there for these few */
extern void gst_init(int *argc, char ***argv);
extern void *gst_parse_bin_from_description(const char *description, gboolean ghost_pads, GError **error);
extern GType purple_media_element_info_get_type(void);
extern gboolean purple_media_manager_register_element(PurpleMediaManager *manager, void *info);
extern gboolean purple_media_manager_set_active_element(PurpleMediaManager *manager, void *info);

enum { AUDIO = 1, ONE_SOURCE = 1 << 2, ONE_SINK = 1 << 5, UNIQUE = 1 << 8, SOURCE = 1 << 9, SINK = 1 << 10 };
enum { CALL_AFTER_SECONDS = 2, ANSWER_AFTER_SECONDS = 1 };

static PurpleAccount *account;
static const char *callee;
static gboolean is_wary;

/* --- the event loop: GLib's, as libpurple wants it --- */

struct watch {
  PurpleInputFunction call;
  gpointer data;
};

static gboolean on_ready(GIOChannel *channel, GIOCondition condition, gpointer data) {
  struct watch *watch = data;
  PurpleInputCondition is = 0;
  if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) is |= PURPLE_INPUT_READ;
  if (condition & (G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL)) is |= PURPLE_INPUT_WRITE;
  watch->call(watch->data, g_io_channel_unix_get_fd(channel), is);
  return TRUE;
}

static guint add_watch(gint fd, PurpleInputCondition wanted, PurpleInputFunction call, gpointer data) {
  struct watch *watch = g_new(struct watch, 1);
  GIOChannel *channel = g_io_channel_unix_new(fd);
  GIOCondition condition = 0;
  if (wanted & PURPLE_INPUT_READ) condition |= G_IO_IN | G_IO_HUP | G_IO_ERR;
  if (wanted & PURPLE_INPUT_WRITE) condition |= G_IO_OUT | G_IO_HUP | G_IO_ERR | G_IO_NVAL;
  *watch = (struct watch){call, data};
  guint id = g_io_add_watch_full(channel, G_PRIORITY_DEFAULT, condition, on_ready, watch, g_free);
  g_io_channel_unref(channel);
  return id;
}

static PurpleEventLoopUiOps loop_ops = {
    .timeout_add = g_timeout_add,
    .timeout_remove = g_source_remove,
    .input_add = add_watch,
    .input_remove = g_source_remove,
    .timeout_add_seconds = g_timeout_add_seconds,
};

/* --- who would sit in front of it --- */

/* the one question that comes is about a certificate nobody has vouched for */
static void *on_question(const char *title, const char *primary, const char *secondary, int usual, PurpleAccount *of,
                         const char *who, PurpleConversation *in, void *data, size_t count, va_list actions) {
  printf("asked: %s\n", primary ? primary : title);
  const char *text = va_arg(actions, const char *);
  PurpleRequestActionCb answer = va_arg(actions, PurpleRequestActionCb);
  if (is_wary) { /* the second answer is no */
    text = va_arg(actions, const char *);
    answer = va_arg(actions, PurpleRequestActionCb);
  }
  printf("answered: %s\n", text);
  if (answer) answer(data, is_wary ? 1 : 0);
  return &account;
}

static void on_question_over(PurpleRequestType type, void *handle) {}

static PurpleRequestUiOps request_ops = {.request_action = on_question, .close_request = on_question_over};

static void *on_message(PurpleNotifyMsgType type, const char *title, const char *primary, const char *secondary) {
  printf("told: %s: %s\n", primary ? primary : title, secondary ? secondary : "");
  return NULL;
}

static PurpleNotifyUiOps notify_ops = {.notify_message = on_message};

static void on_ui_needed(void) {
  purple_request_set_ui_ops(&request_ops);
  purple_notify_set_ui_ops(&notify_ops);
}

static PurpleCoreUiOps core_ops = {.ui_init = on_ui_needed};

/* --- calls --- */

static gboolean call(gpointer unused) {
  gboolean is_placed = purple_prpl_initiate_media(account, callee, PURPLE_MEDIA_AUDIO);
  printf("calling %s: %s\n", callee, is_placed ? "placed" : "refused");
  return FALSE;
}

static gboolean answer(gpointer media) {
  purple_media_stream_info(media, PURPLE_MEDIA_INFO_ACCEPT, NULL, NULL, TRUE);
  printf("answered the call\n");
  return FALSE;
}

/* state 1 of a stream and a participant: its candidates are connected */
static void on_state(PurpleMedia *media, PurpleMediaState state, char *stream, char *who, gpointer unused) {
  printf("media state %d of (%s, %s)\n", state, stream ? stream : "-", who ? who : "-");
}

static gboolean on_session(PurpleMediaManager *manager, PurpleMedia *media, PurpleAccount *of, char *who, gpointer unused) {
  gboolean is_ours = purple_media_is_initiator(media, NULL, NULL);
  printf("%s %s\n", is_ours ? "session with" : "called by", who);
  g_signal_connect(media, "state-changed", G_CALLBACK(on_state), NULL);
  if (!is_ours) g_timeout_add_seconds(ANSWER_AFTER_SECONDS, answer, media);
  return TRUE;
}

static void *bin(const char *description) {
  GError *error = NULL;
  void *made = gst_parse_bin_from_description(description, TRUE, &error);
  if (error) printf("no media: %s\n", error->message);
  return made;
}

static void *microphone(void *info, PurpleMedia *media, const char *stream, const char *who) {
  return bin("audiotestsrc is-live=true ! audioconvert ! audioresample");
}

static void *speaker(void *info, PurpleMedia *media, const char *stream, const char *who) {
  printf("hears the other end\n");
  return bin("audioconvert ! audioresample ! fakesink sync=false async=false");
}

static void use_element(PurpleMediaManager *manager, const char *id, int type, void *create) {
  void *info = g_object_new(purple_media_element_info_get_type(), "id", id, "name", id, "type", type, "create-cb", create, NULL);
  purple_media_manager_register_element(manager, info);
  purple_media_manager_set_active_element(manager, info);
}

static void prepare_media(void) {
  PurpleMediaManager *manager = purple_media_manager_get();
  purple_media_manager_set_ui_caps(manager, PURPLE_MEDIA_CAPS_AUDIO | PURPLE_MEDIA_CAPS_AUDIO_SINGLE_DIRECTION |
                                                PURPLE_MEDIA_CAPS_MODIFY_SESSION | PURPLE_MEDIA_CAPS_CHANGE_DIRECTION);
  g_signal_connect(manager, "init-media", G_CALLBACK(on_session), NULL);
  use_element(manager, "microphone", AUDIO | ONE_SOURCE | UNIQUE | SOURCE, microphone);
  use_element(manager, "speaker", AUDIO | ONE_SINK | SINK, speaker);
}

/* --- signing in --- */

static void on_signed_on(PurpleConnection *connection, gpointer unused) {
  printf("signed on\n");
  if (callee) g_timeout_add_seconds(CALL_AFTER_SECONDS, call, NULL);
}

static void on_error(PurpleConnection *connection, PurpleConnectionError error, const char *text, gpointer unused) {
  printf("connection error %d: %s\n", error, text);
}

static void sign_in(char **argv) {
  static int handle;
  void *connections = purple_connections_get_handle();
  purple_signal_connect(connections, "signed-on", &handle, PURPLE_CALLBACK(on_signed_on), NULL);
  purple_signal_connect(connections, "connection-error", &handle, PURPLE_CALLBACK(on_error), NULL);
  account = purple_account_new(argv[2], "prpl-sipe");
  purple_accounts_add(account);
  purple_account_set_password(account, argv[3]);
  purple_account_set_string(account, "server", argv[4]);
  purple_account_set_string(account, "transport", argv[5]);
  purple_account_set_string(account, "authentication", "auto");
  purple_account_set_enabled(account, "sipe-phone", TRUE);
  purple_savedstatus_activate(purple_savedstatus_new(NULL, PURPLE_STATUS_AVAILABLE));
}

int main(int argc, char **argv) {
  if (argc < 6) return 2;
  callee = argc > 6 ? argv[6] : NULL;
  is_wary = g_getenv("WARY") != NULL;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGPIPE, SIG_IGN);
  gst_init(&argc, &argv);
  purple_util_set_user_dir(argv[1]);
  purple_debug_set_enabled(TRUE);
  purple_debug_set_unsafe(TRUE); /* messages as they are, with their keys */
  purple_core_set_ui_ops(&core_ops);
  purple_eventloop_set_ui_ops(&loop_ops);
  purple_plugins_add_search_path("/usr/lib/purple-2");
  if (!purple_core_init("sipe-phone")) return 3;
  purple_set_blist(purple_blist_new());
  prepare_media();
  sign_in(argv);
  g_main_loop_run(g_main_loop_new(NULL, FALSE));
}

/*
 * The plug-in hands libxml2 a table with the callbacks of SAX 1 and the magic number of SAX 2; libxml2 2.9.14 then calls those of SAX 2, which are
 * empty, and every document reads as nothing. This one stands in front of libxml2's and takes the number away.
 */
int xmlSAXUserParseMemory(void **table, void *data, const char *bytes, int length) {
  enum { START_ELEMENT = 14, MAGIC = 27, START_ELEMENT_NS = 29, STRUCTURED_ERROR = 31, SLOTS = 32 };
  int (*theirs)(void *, void *, const char *, int) = dlsym(RTLD_NEXT, "xmlSAXUserParseMemory");
  void *copy[SLOTS];
  memcpy(copy, table, sizeof copy);
  if (copy[START_ELEMENT] && !copy[START_ELEMENT_NS]) {
    *(unsigned *)&copy[MAGIC] = 1;
    copy[STRUCTURED_ERROR] = NULL;
  }
  return theirs(copy, data, bytes, length);
}

/*
 * libpurple's buffer for what waits to be sent writes behind its end when it grows while some of it has been taken (2.14.12, found with valgrind): which
 * lengths of messages do that is chance. One that is large from the beginning never grows.
 */
PurpleCircBuffer *purple_circ_buffer_new(gsize growth) {
  PurpleCircBuffer *(*theirs)(gsize) = dlsym(RTLD_NEXT, "purple_circ_buffer_new");
  return theirs(MAX(growth, 1 << 20));
}
