/* The journal's spelling, shared by its writer and its reader. */
#pragma once

#define JOURNAL_DIRECTORY ".journal"
#define JOURNAL_SUFFIX ".jsonl"
#define JOURNAL_SUM ",\"sum\":\""
