"""Sentence frames in two languages, for the text of the small DistilBERT: slots are words of a dictionary."""

FRAMES = """\
I like {n}. | 我喜欢{n}。
I do not like {n}. | 我不喜欢{n}。
We talked about {n} and {m}. | 我们聊了{n}和{m}。
This {n} is very {a}. | 这个{n}很{a}。
That {n} is not {a} at all. | 那个{n}一点也不{a}。
Where can I buy {n}? | 哪里可以买到{n}？
What does {n} mean? | {n}是什么意思？
How do you say {n} in Chinese? | {n}用中文怎么说？
Do you have {n} in your country? | 你们国家有{n}吗？
She wants to {v}. | 她想{v}。
He does not want to {v}. | 他不想{v}。
They began to {v} yesterday. | 他们昨天开始{v}。
You should {v} every day. | 你应该每天{v}。
Please help me {v}. | 请帮我{v}。
Can I {v} here? | 我可以在这里{v}吗？
Why do people {v}? | 人们为什么{v}？
It is too {a} today. | 今天太{a}了。
My mother bought {n} for me. | 我妈妈给我买了{n}。
My father knows a lot about {n}. | 我爸爸很懂{n}。
My brother is afraid of {n}. | 我弟弟害怕{n}。
My sister sells {n} at the market. | 我妹妹在市场上卖{n}。
The children are looking at the {n}. | 孩子们在看{n}。
The teacher asked us to {v}. | 老师让我们{v}。
The doctor told him to {v}. | 医生叫他{v}。
Our boss talks about {n} all the time. | 我们老板总是谈{n}。
The police found the {n}. | 警察找到了{n}。
The government will {v} next year. | 政府明年将{v}。
The company makes {n}. | 这家公司生产{n}。
The news was about {n}. | 新闻是关于{n}的。
I read a book about {n}. | 我读了一本关于{n}的书。
I watched a video about {n}. | 我看了一个关于{n}的视频。
I drew a picture of {n}. | 我画了一幅{n}的画。
I wrote a song about {n}. | 我写了一首关于{n}的歌。
I dreamed of {n} last night. | 昨晚我梦见了{n}。
I lost my {n} on the bus. | 我在公交车上丢了{n}。
I forgot to {v} this morning. | 今天早上我忘了{v}。
I am learning to {v}. | 我在学{v}。
I have never seen {n}. | 我从来没见过{n}。
I have been to {p} twice. | 我去过{p}两次。
I live in {p}. | 我住在{p}。
I come from {p}, hello everyone! | 我来自{p}，大家好！
He moved to {p} with his family. | 他和家人搬到了{p}。
We will travel to {p} in summer. | 我们夏天去{p}旅游。
The weather in {p} is {a}. | {p}的天气很{a}。
People in {p} like {n}. | {p}人喜欢{n}。
There is a {n} near my house. | 我家附近有一个{n}。
There are many {n} in the forest. | 森林里有很多{n}。
There is no {n} in this city. | 这个城市没有{n}。
The {n} is more expensive than the {m}. | {n}比{m}贵。
The {n} is bigger than the {m}. | {n}比{m}大。
{n} and {m} are different. | {n}和{m}不一样。
Which is better, {n} or {m}? | {n}和{m}哪个更好？
How much does the {n} cost? | 这个{n}多少钱？
The price of {n} has gone up. | {n}的价格上涨了。
It is difficult to {v}. | {v}很难。
It is easy to {v}. | {v}很容易。
It is dangerous to {v} at night. | 晚上{v}很危险。
I am happy because of the {n}. | 因为{n}，我很高兴。
I am sad without {n}. | 没有{n}我很难过。
I am tired and do not want to {v}. | 我累了，不想{v}。
I am sorry, I cannot {v}. | 对不起，我不能{v}。
Thank you for the {n}. | 谢谢你的{n}。
Good morning, do you want to {v}? | 早上好，你想{v}吗？
Happy birthday, I wish you {n}! | 生日快乐，祝你{n}！
Does anyone know how to {v}? | 有人知道怎么{v}吗？
Where are you going to {v}? | 你要去哪里{v}？
When will the {n} arrive? | {n}什么时候到？
Who wants to {v} with me? | 谁想和我一起{v}？
Let us {v} together! | 我们一起{v}吧！
Do not {v} in public. | 不要在公共场合{v}。
You are not allowed to {v} in {p}. | 在{p}不允许{v}。
The old man likes to {v}. | 老人喜欢{v}。
The woman with the {n} is my aunt. | 拿着{n}的女人是我阿姨。
The man wears a {n}. | 那个男人戴着{n}。
The girl is {a} and clever. | 这个女孩又{a}又聪明。
The boy broke the {n}. | 男孩打破了{n}。
My friend is very {a}. | 我的朋友非常{a}。
My new friends are {a} and funny. | 我的新朋友{a}又有趣。
My cat plays with the {n}. | 我的猫在玩{n}。
My dog hid under the {n}. | 我的狗躲在{n}下面。
The {n} on the table is mine. | 桌子上的{n}是我的。
The {n} is in the kitchen. | {n}在厨房里。
The {n} in the picture is {a}. | 图片里的{n}很{a}。
The {n} fell into the water. | {n}掉进了水里。
The {n} is broken, can you repair it? | {n}坏了，你能修吗？
The {n} was stolen last week. | {n}上周被偷了。
The {n} was built a hundred years ago. | {n}是一百年前建的。
The history of {n} is interesting. | {n}的历史很有意思。
In winter we need {n}. | 冬天我们需要{n}。
In spring the {n} looks {a}. | 春天的{n}看起来很{a}。
After work I {v} at home. | 下班后我在家{v}。
Before breakfast I {v}. | 早饭前我{v}。
On the weekend we {v} with friends. | 周末我们和朋友{v}。
At school we learned about {n}. | 我们在学校学了{n}。
In the hospital he had to {v}. | 他在医院里不得不{v}。
The food tastes {a}. | 食物的味道很{a}。
For dinner we ate {n} with rice. | 晚饭我们吃了{n}和米饭。
I drank tea and ate {n}. | 我喝了茶，吃了{n}。
I cooked {n} for my family. | 我给家人做了{n}。
Add some {n} to the soup. | 在汤里加一点{n}。
Please show me photos of your {n}. | 请给我看看你的{n}照片。
Please teach me about {n}. | 请教我{n}的知识。
Please follow me if you like {n}. | 喜欢{n}的话请关注我。
Please answer my question about {n}. | 请回答我关于{n}的问题。
Here I want to share my {n}. | 我想在这里分享我的{n}。
The comments about the {n} are {a}. | 关于{n}的评论很{a}。
This app helps people {v}. | 这个软件帮助人们{v}。
On this platform everyone can {v}. | 在这个平台上大家都可以{v}。
My account was banned because of {n}. | 我的账号因为{n}被封了。
The law about {n} is {a}. | 关于{n}的法律很{a}。
The court decided to {v}. | 法院决定{v}。
Americans think {n} is {a}. | 美国人觉得{n}很{a}。
Chinese people think {n} is {a}. | 中国人觉得{n}很{a}。
Foreigners want to {v} in China. | 外国人想在中国{v}。
Is {n} popular in {p}? | {n}在{p}流行吗？
Is the {n} in {p} {a}? | {p}的{n}{a}吗？
How long does it take to {v}? | {v}需要多长时间？
I spent all my money on {n}. | 我把所有的钱都花在{n}上了。
I have worked with {n} for three years. | 我做{n}工作三年了。
My job is to {v}. | 我的工作是{v}。
He became famous for his {n}. | 他因为{n}而出名。
She studies {n} at the university. | 她在大学学{n}。
She gave the {n} to her daughter. | 她把{n}给了女儿。
He put the {n} into the box. | 他把{n}放进盒子里。
They carried the {n} up the mountain. | 他们把{n}搬上了山。
Someone left a {n} at the door. | 有人在门口留下了一个{n}。
Nobody wants to {v} any more. | 没有人再想{v}了。
Everybody in {p} can {v}. | {p}的每个人都会{v}。
If it rains tomorrow, we will not {v}. | 如果明天下雨，我们就不{v}。
When I was a child, I had a {n}. | 我小时候有一个{n}。
Although it is {a}, I love it. | 虽然很{a}，但我很爱它。
Because the {n} is {a}, we went home. | 因为{n}很{a}，我们就回家了。
I would rather {v} than work. | 我宁愿{v}也不想工作。
I hope that we can {v} soon. | 希望我们很快就能{v}。
I think that {n} needs {m}. | 我觉得{n}需要{m}。
I do not believe in {n}. | 我不相信{n}。
I miss the {n} of my hometown. | 我想念家乡的{n}。
I am proud of our {n}. | 我为我们的{n}感到骄傲。
I am looking for a {n}, any advice? | 我在找{n}，有什么建议吗？
I finally decided to {v}. | 我终于决定{v}了。
I hurt my {n} while playing football. | 踢足球时我伤到了{n}。
The music makes me want to {v}. | 这音乐让我想{v}。
The film is about {n} and {m}. | 这部电影讲的是{n}和{m}。
The museum shows {n} from {p}. | 博物馆展出来自{p}的{n}。
The train from {p} is late. | 从{p}来的火车晚点了。
The {n} of {p} is well known. | {p}的{n}很有名。
It snowed, and the {n} was covered. | 下雪了，{n}被盖住了。
What a {a} {n}! | 多么{a}的{n}啊！
So {a}! I will {v} again. | 太{a}了！我还会再{v}。
No {n}, no {m}. | 没有{n}就没有{m}。
"""
