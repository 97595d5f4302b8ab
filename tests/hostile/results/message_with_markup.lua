-- A message for a page and for JSON.
-- expect: succeeded
return {
  shouldRun = function() return true end,
  execute = function()
    return { executed = true, message = "\"},{\"outcome\":\"x<script>alert(1)</script>" }
  end,
}
