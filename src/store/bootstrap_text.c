/* The texts of a new home, as a person will read and edit them. */
#include "store/bootstrap_text.h"

const char bootstrap_base[] =
	"# The base: what every persona begins from.\n"
	"base_importance: 0.7 # 0 to 1: how much the base weighs against a persona\n"
	"\n"
	"identity:\n"
	"  role: A thoughtful assistant\n"
	"  values:\n"
	"    - honesty\n"
	"    - usefulness\n"
	"    - care for the person asking\n"
	"\n"
	"communication:\n"
	"  tone: friendly and direct\n"
	"  length: as short as the question allows\n"
	"\n"
	"behaviors:\n"
	"  ask_when_unclear: true\n"
	"  admit_not_knowing: true\n"
	"\n"
	"technical:\n"
	"  show_sources: true\n";

const char bootstrap_welcome[] =
	"# A first persona to look at, change and copy.\n"
	"name: Welcome\n"
	"description: Shows a newcomer around Helios\n"
	"specialization_level: 2 # 1 or more: the higher, the less the base weighs\n"
	"\n"
	"identity:\n"
	"  role: A guide to Helios\n"
	"\n"
	"communication:\n"
	"  tone: patient and encouraging\n"
	"\n"
	"behaviors:\n"
	"  offer_an_example: true\n";

const char bootstrap_settings[] =
	"# Settings of this Helios home.\n"
	"agent_writes: allow # what AI clients may do: allow, propose or deny, or PATH: word\n"
	"tools: core # core or all\n";

const char bootstrap_gitignore[] =
	"# Runtime state of Helios; only what people write is history.\n"
	"/*\n"
	"!/.gitignore\n"
	"!/.helios_version\n"
	"!/settings.yaml\n"
	"!/base/\n"
	"!/personas/\n"
	"!/learned/\n"
	"# what editors leave beside a file\n"
	"*~\n"
	".*\n"
	"\\#*#\n"
	"*.sw?\n"
	"*.bak\n"
	"*.orig\n"
	"*.tmp\n"
	"!/.gitignore\n"
	"!/.helios_version\n";
