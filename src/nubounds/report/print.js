// What is folded belongs on paper.
addEventListener('beforeprint', () => { for (const part of document.querySelectorAll('details')) part.open = true; });
