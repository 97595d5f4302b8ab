<!DOCTYPE html>
<html><body>Moved</body></html>
