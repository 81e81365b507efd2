" :make checks the file with 'helios validate' and leads to what is wrong.
if exists('b:did_helios')
  finish
endif
let b:did_helios = 1
setlocal makeprg=helios\ validate\ %:S
setlocal errorformat=%f:%l:%c:\ error:\ %m,%f:%l:\ error:\ %m,%-G%.%#
let b:undo_ftplugin = get(b:, 'undo_ftplugin', 'exe') . '|setlocal makeprg< errorformat<|unlet b:did_helios'
