// The smallest libmilter filter with shorthopd's steps: it asks for the same steps and macros and sends the same
// replies, but has no tables, no decisions and no log. The difference in speed is the cost of shorthopd's own work.
//   bare-filter SOCKET keep                   ACCEPT at DATA
//   bare-filter SOCKET rewrite FROM TO ARGS   ADDRCPT_PAR of TO and DELRCPT of FROM at end of message
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <cstdio>
#include <cstring>
#include <string>

namespace {

struct Reply {
  bool rewrite = false;
  std::string from;
  std::string to;
  std::string arguments;
};

Reply& reply() {
  static Reply value;
  return value;
}

// What shorthopd does not use: the replies to MAIL and RCPT, and all steps except MAIL, RCPT, DATA and end of message.
constexpr unsigned long steps_left_out = SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOBODY |
                                         SMFIP_NOUNKNOWN | SMFIP_NR_MAIL | SMFIP_NR_RCPT;

void ask_for_macros(SMFICTX* ctx) {
  char version[] = "v";
  for (const int stage : {SMFIM_CONNECT, SMFIM_HELO, SMFIM_ENVFROM}) smfi_setsymlist(ctx, stage, version);
  char recipient[] = "{rcpt_mailer} {rcpt_host} {client_addr} {client_name} i v";
  smfi_setsymlist(ctx, SMFIM_ENVRCPT, recipient);
  char queue_id[] = "i";
  for (const int stage : {SMFIM_DATA, SMFIM_EOM}) smfi_setsymlist(ctx, stage, queue_id);
}

sfsistat negotiate(SMFICTX* ctx, unsigned long actions, unsigned long steps, unsigned long, unsigned long,
                   unsigned long* wanted_actions, unsigned long* wanted_steps, unsigned long* more,
                   unsigned long* still_more) {
  *wanted_actions = actions & (SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_ADDRCPT_PAR | SMFIF_SETSYMLIST);
  *wanted_steps = steps & steps_left_out;
  *more = 0;
  *still_more = 0;
  if ((actions & SMFIF_SETSYMLIST) != 0) ask_for_macros(ctx);
  return SMFIS_CONTINUE;
}

constexpr int backlog = 256;

sfsistat sender(SMFICTX*, char**) { return SMFIS_NOREPLY; }

sfsistat recipient(SMFICTX*, char**) { return SMFIS_NOREPLY; }

sfsistat data(SMFICTX*) { return reply().rewrite ? SMFIS_CONTINUE : SMFIS_ACCEPT; }

sfsistat end_of_message(SMFICTX* ctx) {
  Reply& fixed = reply();
  if (fixed.rewrite) {
    smfi_addrcpt_par(ctx, fixed.to.data(), fixed.arguments.data());
    smfi_delrcpt(ctx, fixed.from.data());
  }
  return SMFIS_CONTINUE;
}

}  // namespace

int main(int argc, char** argv) {
  const bool keep = argc == 3 && std::strcmp(argv[2], "keep") == 0;
  const bool rewrite = argc == 6 && std::strcmp(argv[2], "rewrite") == 0;
  if (!keep && !rewrite) {
    std::fputs("usage: bare-filter SOCKET keep | bare-filter SOCKET rewrite FROM TO ARGUMENTS\n", stderr);
    return 64;
  }
  if (rewrite) reply() = {true, argv[3], argv[4], argv[5]};

  char name[] = "bare-filter";
  smfiDesc filter{};
  filter.xxfi_name = name;
  filter.xxfi_version = SMFI_VERSION;
  filter.xxfi_flags = SMFIF_ADDRCPT | SMFIF_DELRCPT | SMFIF_ADDRCPT_PAR | SMFIF_SETSYMLIST;
  filter.xxfi_envfrom = sender;
  filter.xxfi_envrcpt = recipient;
  filter.xxfi_data = data;
  filter.xxfi_eom = end_of_message;
  filter.xxfi_negotiate = negotiate;
  if (smfi_setconn(argv[1]) == MI_FAILURE || smfi_register(filter) == MI_FAILURE ||
      smfi_setbacklog(backlog) == MI_FAILURE || smfi_opensocket(true) == MI_FAILURE) {
    std::fputs("bare-filter: cannot open the socket\n", stderr);
    return 71;
  }
  return smfi_main() == MI_SUCCESS ? 0 : 70;
}
