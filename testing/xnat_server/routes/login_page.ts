/**
 * The page that XNAT shows to who is not logged in.
 *
 * @module
 */

/** What a session that ended leads a browser to; clients look for the words in the comment. */
export const LOGIN_PAGE = `<!DOCTYPE html>
<html>
<head><title>XNAT Login</title></head>
<body>
<!-- BEGIN xnat-templates/screens/Login.vm -->
<div id="login_area"><form name="form1" method="post" action="/login">
<input type="text" name="username"><input type="password" name="password">
<button type="submit">Login</button></form></div>
<!-- END xnat-templates/screens/Login.vm -->
</body>
</html>
`;
